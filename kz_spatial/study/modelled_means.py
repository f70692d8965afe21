"""Small-area estimates of a study: each indicator by oblast, direct and modelled side by side.

What goes into the model is what the study shows: means, errors and numbers of firms as the
disclosure rules left them. So the results tell nothing that the tables do not, whoever turns them
back, and a withheld unit gets the model's value, not its own.

Defaults, as trials at 20 units of 5 to 50 firms advise (`benchmarks/small_areas.py`): Fay and
Herriot's model, sampling variances pooled over units, the variance between them by Yoshimori and
Lahiri's adjusted likelihood, estimates moved to the national figure. The spatial model stands
beside it for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.estimates import CRITICAL, SmallAreas, pooled_variances, precision, small_areas
from kz_spatial.options import MIN_CELLS

if TYPE_CHECKING:
    from libpysal.graph import Graph

    from kz_spatial.design import Indicator, StudyDesign
    from kz_spatial.study.run_log import RunLog

__all__ = [
    "ModelledMeans",
    "find_modelled_means",
    "join_modelled",
    "join_precision",
    "unit_weights",
]

_METHOD: Final = "yoshimori-lahiri"
_DRAWS: Final = 400
# columns of the layer and tables of oblasts
_SHOWN: Final = ("se", "low", "high", "precision", "basis")
# what a mean rests on: nothing of its own, or both
_BASES: Final = ("model alone", "own firms and model")


@dataclass(frozen=True, slots=True, eq=False)
class ModelledMeans:
    """One indicator by oblast, modelled.

    Attributes
    ----------
    indicator : str
    frame : DataFrame
        By code: `direct`, `direct_se`, `direct_precision`, `n`; `mean`, `se`, `low`, `high` (95 %),
        `precision`, `basis`, `shrinkage`, in the unit of the indicator; `spatial_mean` and
        `spatial_se` of the spatial model, NaN where it was refused; `se_drawn` of a parametric
        bootstrap where it was asked for.
    model, spatial : SmallAreas
    national : float
        Figure that the means agree with; NaN where it may not be told.
    """

    indicator: str
    frame: pd.DataFrame
    model: SmallAreas
    spatial: SmallAreas
    national: float


def _variances(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Sampling variances from one variance of answers and one design effect for all units."""
    sd, se, n = (table[f"{name}_{part}"].astype(float) for part in ("sd", "se", "n"))
    known = table[f"{name}_mean"].notna()
    variance = pooled_variances(sd.where(known), n.where(known & (n > 0)))
    use = known & (sd > 0) & se.notna() & (n > 1)
    effect = np.average(se[use] ** 2 * n[use] / sd[use] ** 2, weights=n[use] - 1)
    return variance * effect


def _frame(
    table: pd.DataFrame, indicator: Indicator, model: SmallAreas, spatial: SmallAreas
) -> pd.DataFrame:
    name, share_of = indicator.name, indicator.whole
    moved = model.frame["estimate"] if model.benchmarked is None else model.benchmarked
    error = np.sqrt(model.frame["mse"])
    low, high = moved - CRITICAL * error, moved + CRITICAL * error
    top = np.inf if share_of is None else share_of
    direct, direct_se = table[f"{name}_mean"], table[f"{name}_se"]
    return pd.DataFrame(
        {
            "direct": direct,
            "direct_se": direct_se,
            "direct_precision": precision(direct, direct_se, share_of=share_of),
            "n": table[f"{name}_n"],
            "mean": moved,
            "se": error,
            "low": low.clip(0, top),
            "high": high.clip(0, top),
            "precision": precision(moved, error, share_of=share_of),
            "basis": np.where(model.frame["synthetic"], *_BASES),
            "shrinkage": model.frame["shrinkage"],
            "spatial_mean": spatial.frame["estimate"],
            "spatial_se": np.sqrt(spatial.frame["mse"]),
        },
        index=table.index,
    )


def _modelled(
    table: pd.DataFrame,
    indicator: Indicator,
    national: float,
    unit_weights: pd.Series[Any],
    graph: Graph,
    seed: int | None,
) -> ModelledMeans:
    """One indicator; the reason in `model` where it does not apply."""
    name = indicator.name
    direct = table[f"{name}_mean"]
    usable = int((direct.notna() & (table[f"{name}_n"] > 1)).sum())
    if usable < MIN_CELLS:
        raise NotEnoughDataError(
            f"{usable} of {len(table)} oblasts have a usable direct estimate, the model needs at "
            f"least {MIN_CELLS}"
        )
    variance = _variances(table, name)
    aim = (national, unit_weights) if np.isfinite(national) and unit_weights.sum() > 0 else None
    model = small_areas(direct, variance, method=_METHOD, benchmark=aim)
    if model.method == "inapplicable":
        raise NotEnoughDataError(model.reason)
    moved = model.benchmarked
    if moved is None:
        national = float("nan")
    elif (moved > (indicator.whole or np.inf)).any():  # no share is above all there is
        model, national = small_areas(direct, variance, method=_METHOD), float("nan")
    spatial = small_areas(direct, variance, graph=graph, method="reml")
    frame = _frame(table, indicator, model, spatial)
    if seed is not None:
        drawn = small_areas(direct, variance, method=_METHOD, n_bootstrap=_DRAWS, seed=seed)
        frame["se_drawn"] = np.sqrt(drawn.frame["mse"])
    return ModelledMeans(name, frame, model, spatial, national)


def find_modelled_means(
    tables: dict[str, pd.DataFrame],
    country: pd.DataFrame,
    unit_weights: pd.Series[Any],
    graphs: dict[str, Graph],
    design: StudyDesign,
    log: RunLog,
    *,
    seed: int | None = None,
) -> dict[str, ModelledMeans]:
    """Model every indicator by oblast; reasons in the log where the model does not apply.

    Parameters
    ----------
    tables : dict of DataFrame
        By level, as the rules left them.
    country : DataFrame
        National figures by indicator, column "estimate"; NaN where they may not be told.
    unit_weights : Series
        Of oblasts in the national figure: sums of survey weights, or numbers of firms.
    graphs : dict of Graph
    design : StudyDesign
    log : RunLog
    seed : int, optional
        Of a bootstrap that draws errors beside the analytical ones; none without.

    Returns
    -------
    dict of ModelledMeans
        By indicator.
    """
    if LEVEL not in tables:
        log.inapplicable["small areas"] = "the file tells no oblast"
        return {}
    found = {}
    for name, indicator in design.by_name.items():
        national = float(country.loc[name, "estimate"])
        try:
            made = _modelled(tables[LEVEL], indicator, national, unit_weights, graphs[LEVEL], seed)
        except (NotEnoughDataError, InputError) as error:
            log.inapplicable[f"small areas, {name}"] = str(error)
            continue
        found[name] = made
        if made.spatial.method == "inapplicable":
            log.inapplicable[f"spatial small areas, {name}"] = made.spatial.reason
    return found


def unit_weights(firms: pd.DataFrame, design: StudyDesign, weights: str | None) -> pd.Series[Any]:
    """What each oblast counts in a national figure: its weights summed, or its firms."""
    codes = list(design.grouping.unit_codes(LEVEL))
    counted = firms.assign(_weight=firms[weights] if weights else 1.0)
    return counted.groupby("oblast_code")["_weight"].sum().reindex(codes).fillna(0.0)


def join_precision(tables: dict[str, pd.DataFrame], design: StudyDesign) -> dict[str, pd.DataFrame]:
    """Tables with `<indicator>_precision`: how far each direct mean can be relied on."""
    joined = {}
    for level, table in tables.items():
        found = [
            precision(table[f"{n}_mean"], table[f"{n}_se"], share_of=each.whole).rename(
                f"{n}_precision"
            )
            for n, each in design.by_name.items()
        ]
        joined[level] = pd.concat([table, *found], axis=1)
        joined[level].attrs = table.attrs
    return joined


def join_modelled(
    tables: dict[str, pd.DataFrame], modelled: dict[str, ModelledMeans]
) -> dict[str, pd.DataFrame]:
    """Tables, that of oblasts with the modelled means of each indicator beside its own."""
    if not modelled:
        return tables
    table = tables[LEVEL]
    parts = []
    for name, each in modelled.items():
        parts.append(each.frame["mean"].rename(f"{name}_model"))
        parts.append(each.frame[list(_SHOWN)].add_prefix(f"{name}_model_"))
    joined = pd.concat([table, *parts], axis=1)
    joined.attrs = table.attrs
    return {**tables, LEVEL: joined}
