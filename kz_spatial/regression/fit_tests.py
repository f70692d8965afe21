"""Tests of a fit's coefficients: one, a combination, several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression.combinations import Combination, combine, wild_combination
from kz_spatial.regression.few_clusters import cluster_moments, covariance
from kz_spatial.regression.joint_tests import JointTest, f_test, hotelling_test, wild_joint
from kz_spatial.regression.restrictions import (
    Restrictions,
    read_combination,
    read_restrictions,
)
from kz_spatial.regression.side_by_side import INFERENCES, Inference
from kz_spatial.regression.wild import WildTest, WildWeights, wild_bootstrap
from kz_spatial.regression.within_region import WithinRegion, permute_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from kz_spatial.regression.linear_model import LinearModel

__all__ = ["FitTests"]

_FEW: Final = 30
_CLUSTERED: Final = ("crv1", "crv3", "cr2", "wild")


class Tested(Protocol):
    """What tests are made of; `FixedEffectsFit` is one."""

    @property
    def coefficients(self) -> pd.Series[Any]:
        """Coefficients by term."""

    @property
    def model(self) -> LinearModel:
        """The fit as arrays."""

    @property
    def cluster(self) -> str | None:
        """Column of clusters."""

    @property
    def n_clusters(self) -> int:
        """Clusters, 0 without."""

    @property
    def needed(self) -> NDArray[np.bool_]:
        """Clusters that coefficients cannot be estimated without."""

    @property
    def cluster_names(self) -> pd.Index[Any]:
        """Clusters in the order of `needed`."""

    @property
    def default_inference(self) -> Inference:
        """Inference where none is asked for."""


def _inference(fit: Tested, asked: Inference | None, restrictions: Restrictions) -> Inference:
    """The inference of a test, which must hold for the terms that take part."""
    chosen = asked or fit.default_inference
    check_option("inference", chosen, INFERENCES)
    if chosen not in _CLUSTERED:
        return chosen
    if fit.model.clusters is None:
        raise CallError(f"inference={chosen!r}: needs clusters, expected cluster=COLUMN in the fit")
    alone = fit.needed[:, restrictions.terms].any(axis=1)
    if alone.any():
        raise NotEnoughDataError(
            f"{restrictions.text}: a term cannot be estimated without {fit.cluster} "
            f"{', '.join(map(str, fit.cluster_names[alone]))}, so no clustered inference holds"
        )
    return chosen


class FitTests:
    """Tests of a fit's coefficients."""

    __slots__ = ()

    def wild(
        self: Tested,
        term: str,
        *,
        hypothesis: float = 0.0,
        weights: WildWeights = "rademacher",
        restricted: bool = True,
        level: float = 0.95,
        n_draws: int = 9999,
        seed: int = 20240,
    ) -> WildTest:
        """Wild cluster bootstrap test and interval of one coefficient.

        Parameters
        ----------
        term : str
        hypothesis : float
            Value under the null hypothesis.
        weights : {"rademacher", "webb"}
        restricted : bool
            Whether to impose the null hypothesis.
        level : float
            Coverage of the interval.
        n_draws, seed
            Used when the weight vectors are too many to enumerate.

        Returns
        -------
        WildTest
            Its `t` leaves out Stata's small-sample factor, which cancels.

        Raises
        ------
        CallError
            Without clusters, or where there is no such term.
        NotEnoughDataError
            When the coefficient cannot be estimated without one of the clusters.
        """
        check_option("term", term, tuple(self.coefficients.index))
        if self.model.clusters is None:
            raise CallError("the wild bootstrap needs clusters, expected cluster=COLUMN in the fit")
        place = self.coefficients.index.get_loc(term)
        if self.needed[:, place].any():
            alone = ", ".join(map(str, self.cluster_names[self.needed[:, place]]))
            raise NotEnoughDataError(
                f"term {term}: cannot be estimated without {self.cluster} {alone}, so no bootstrap "
                "over clusters says how sure it is"
            )
        return wild_bootstrap(
            cluster_moments(self.model),
            place,
            hypothesis=hypothesis,
            weights=weights,
            restricted=restricted,
            level=level,
            n_draws=n_draws,
            seed=seed,
        )

    def combination(
        self: Tested,
        combination: Mapping[str, float] | str,
        *,
        inference: Inference | None = None,
        level: float = 0.95,
    ) -> Combination:
        """Estimate and test a linear combination of coefficients.

        Parameters
        ----------
        combination : mapping or str
            Weights by term, or text in the manner of statsmodels: "x1 - x2", "2*x1 + x2 = 3".
        inference : str, optional
            By default `default_inference`; "cr2" has degrees of freedom of the combination's own,
            "wild" an inverted interval.
        level : float
            Coverage of the interval.

        Raises
        ------
        CallError
            When the combination cannot be read or names what is no term.
        NotEnoughDataError
            When a term that takes part cannot be estimated without one of the clusters.

        Examples
        --------
        >>> import kz_spatial as kz
        >>> fit = kz.fixed_effects(
        ...     "epayment_share ~ co2_monitoring + product_innovation | composite",
        ...     kz.load_twin(), cluster="composite")
        >>> found = fit.combination("co2_monitoring = product_innovation")
        >>> bool(found.ci_low < found.estimate < found.ci_high)
        True
        """
        asked = read_combination(combination, list(map(str, self.coefficients.index)))
        chosen = _inference(self, inference, asked)
        if chosen == "wild":
            return wild_combination(asked, self.model, level)
        return combine(asked, self.model, chosen, level)

    def joint_test(
        self: Tested,
        terms: str | Sequence[str],
        *,
        inference: Inference | None = None,
        weights: WildWeights = "rademacher",
        n_draws: int = 9999,
        seed: int = 20240,
    ) -> JointTest:
        """Test several coefficients at once.

        Parameters
        ----------
        terms : str or sequence of str
            Terms that are all 0 under the hypothesis, or text: "x1 = x2, x3 = 1".
        inference : str, optional
            "cr2": the approximate Hotelling test of Pustejovsky and Tipton (2018); "wild": the
            restricted wild cluster bootstrap; others: F. By default `default_inference`.
        weights : {"rademacher", "webb"}
        n_draws, seed
            Of the bootstrap, where weight vectors are too many to enumerate.

        Raises
        ------
        CallError
            When terms cannot be read, or F of "crv1" or "crv3" is asked for with few clusters.
        NotEnoughDataError
            When clusters are too few for so many terms, or a term cannot be estimated without one.

        Examples
        --------
        >>> import kz_spatial as kz
        >>> fit = kz.fixed_effects(
        ...     "epayment_share ~ outages_per_month + co2_monitoring | composite",
        ...     kz.load_twin(), cluster="composite")
        >>> found = fit.joint_test(["outages_per_month", "co2_monitoring"], inference="wild")
        >>> found.n_draws, found.p_min
        (128, 0.015625)
        """
        asked = read_restrictions(terms, list(map(str, self.coefficients.index)))
        chosen = _inference(self, inference, asked)
        if chosen == "wild":
            return wild_joint(asked, self.model, weights=weights, n_draws=n_draws, seed=seed)
        if chosen == "cr2":
            return hotelling_test(asked, self.model)
        if chosen in _CLUSTERED and self.n_clusters < _FEW:
            # measured: tests/reference/joint_tests
            instead = "'cr2' or 'wild'" if self.model.crossed is None else "one way of clusters"
            raise CallError(
                f"joint test: F of {chosen!r} with {self.n_clusters} clusters rejects true "
                "hypotheses too often (crv1 with seven: 9 % at two terms, 50 % at five, where 5 % "
                f"are due), expected {instead}"
            )
        found = covariance(self.model, chosen)
        b = self.coefficients.to_numpy()
        return f_test(asked, b, found.matrix, float(found.df[0]), chosen)

    def within_region(
        self: Tested, term: str, *, n_permutations: int = 9999, seed: int = 20240
    ) -> WithinRegion:
        """Test a term that varies in one cluster only, by permutation among that cluster's firms.

        Parameters
        ----------
        term : str
        n_permutations, seed : int

        Returns
        -------
        WithinRegion
            Its p is about these firms of this region only, and assumes that firms are independent.

        Raises
        ------
        CallError
            Without clusters, where there is no such term, or where it rests on several clusters.
        NotEnoughDataError
            When the region has too few firms.
        """
        check_option("term", term, tuple(self.coefficients.index))
        place = int(self.coefficients.index.get_loc(term))
        alone = np.flatnonzero(self.needed[:, place])  # no rows without clusters
        if len(alone) != 1 or self.model.crossed is not None:
            raise CallError(
                f"within_region: term {term} does not rest on one cluster alone; "
                "see fit.identification()"
            )
        return permute_within(
            self.model,
            place,
            np.flatnonzero(self.model.clusters == alone[0]),
            term=term,
            region=str(self.cluster_names[alone[0]]),
            n_permutations=n_permutations,
            seed=seed,
        )
