"""The same sums on a Dask cluster: parts of the file go to workers, sums of a few kB come back.

Dask's scheduler gives a part of a worker that died to another one. Sums are merged in the order of
the file whoever made them first, so that a run gives the same numbers every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.errors import CallError, KzSpatialError, SurveyError
from kz_spatial.streams.firm_sums import FirmSums, merge_all

if TYPE_CHECKING:
    from kz_spatial.streams.progress import RowProgress
    from kz_spatial.streams.row_source import Part
    from kz_spatial.streams.sum_plan import SumPlan

__all__ = ["run_on_dask"]

LOCAL: Final = "local"
# parts a worker gets: enough to share work evenly, few enough to send little
_PARTS_A_WORKER: Final = 4
_WAIT: Final = "30s"


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of a cluster; of one of this machine, which ends with it, for "local"."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise CallError(
            "dask: not installed, expected dask and distributed (pip install kz-spatial[dask])"
        ) from error
    if address == LOCAL:
        with (
            LocalCluster(threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CallError(
            f"dask {address!r}: found no scheduler there ({type(error).__name__}), expected an "
            "address such as tcp://host:8786, or local"
        ) from error
    # current for this run alone: a caller's own client stays what it was
    with client, client.as_current():
        yield client


def _check_workers(client: Any) -> int:
    """Workers of a cluster, each of which has the package.

    Raises
    ------
    CallError
        When there is none, or one lacks the package or has another version of it.
    """
    import kz_spatial

    # sent whole, since a worker may not know where it comes from
    def found() -> str | None:
        try:
            return str(__import__("kz_spatial").__version__)
        except ImportError:
            return None

    versions = client.run(found)
    own = kz_spatial.__version__
    if not versions:
        raise CallError("dask: found a scheduler without workers, expected one or more")
    for worker, version in sorted(versions.items()):
        if version != own:
            has = "no kz_spatial" if version is None else f"kz_spatial {version}"
            raise CallError(f"dask: worker {worker}: found {has}, expected kz_spatial {own}")
    return len(versions)


def _shares(parts: Sequence[Part], n_shares: int) -> list[list[Part]]:
    """Runs of parts that follow one another, of about as many rows each."""
    total = sum(each.n_rows or 0 for each in parts)
    shares: list[list[Part]] = []
    done = 0
    for each in parts:
        if len(shares) * total <= done * n_shares:
            shares.append([])
        shares[-1].append(each)
        done += each.n_rows or 0
    return shares


def sum_share(plan: SumPlan, parts: Sequence[Part]) -> FirmSums | tuple[str, ...] | None:
    """Sums of a share on a worker; the lines of a fault, which travel better than an error."""
    try:
        return plan.merged(parts)
    except KzSpatialError as error:
        return tuple(str(error).splitlines())


def run_on_dask(plan: SumPlan, progress: RowProgress, *, address: str) -> FirmSums | None:
    """Sums of a file by the workers of a cluster.

    Parameters
    ----------
    plan : SumPlan
    progress : RowProgress
    address : str
        Of a scheduler, or "local".

    Returns
    -------
    FirmSums or None

    Raises
    ------
    CallError
        Without Dask, scheduler, workers or the package on them, or for a text file.
    SurveyError
        With the faults of the file, as a run on one machine has them.
    """
    if any(not each.groups for each in plan.source.parts):
        raise CallError(
            f"{plan.source.path}: a text file is read from its start, so it cannot be shared out; "
            "expected .parquet"
        )
    with _client(address) as client:
        from distributed import KilledWorker, as_completed

        shares = _shares(plan.source.parts, _PARTS_A_WORKER * _check_workers(client))
        here = replace(plan, source=replace(plan.source, path=plan.source.path.resolve()))
        # a result that was lost with its worker is made again
        futures = client.map(sum_share, [here] * len(shares), shares, pure=False)
        order = {future.key: place for place, future in enumerate(futures)}
        found: dict[int, FirmSums | None] = {}
        try:
            for future in as_completed(futures):
                made = future.result()
                if isinstance(made, tuple):
                    with suppress(Exception):
                        client.cancel(futures)
                    raise SurveyError(made)
                found[order[future.key]] = made
                progress.add(0 if made is None else made.n_rows)
        except KilledWorker as error:
            raise CallError(
                f"dask: workers died again and again on a part of {plan.source.path}, expected "
                "them to live; fewer --chunk-rows take less memory"
            ) from error
    return merge_all(each for _, each in sorted(found.items()) if each is not None)
