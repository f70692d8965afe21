"""Columns of all kinds in formulas: the right coefficient, or one line that says what is wrong."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression.absorption import count_effects, partial_out
from kz_spatial.regression.columns import split_effects, tidy_columns

AGREE = 1e-9


def table(n=210, seed=3):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(7), n // 7)
    x = rng.normal(size=n) + g
    frame = pd.DataFrame({"g": [f"r{i}" for i in g], "x": x, "z": rng.normal(size=n)})
    frame["kind"] = rng.choice(["a:b", "c", "d"], n)
    frame["y"] = 1 + 2 * frame["x"] - frame["z"] + (frame["kind"] == "c") + rng.normal(size=n)
    return frame


PLAIN = kz.fixed_effects("y ~ x + z | g", table(), cluster="g").coefficients


@pytest.mark.parametrize(
    "turn",
    [
        lambda c: c.astype(object),
        lambda c: c.map(lambda v: Decimal(repr(float(v)))),
        lambda c: c.astype("Float64"),
        lambda c: c.astype("float32").astype(float),
    ],
)
def test_numbers_are_numbers_however_they_are_stored(turn):
    frame = table()
    frame["x"] = turn(frame["x"])
    found = kz.fixed_effects("y ~ x + z | g", frame, cluster="g").coefficients
    assert list(found.index) == ["x", "z"]
    np.testing.assert_allclose(found, PLAIN, rtol=1e-6)


@pytest.mark.parametrize("text", ["3,5", "3.5", "1 200", "\u22123", "1e3"])
def test_text_that_reads_as_numbers_is_refused_with_its_first_value(text):
    frame = table()
    frame["x"] = text
    with pytest.raises(InputError, match="column x holds text that reads as numbers") as caught:
        kz.fixed_effects("y ~ x + z | g", frame)
    assert repr(text) in str(caught.value)
    assert "C(x) takes it as categories" in str(caught.value)


def test_codes_in_text_serve_as_a_factor_where_asked():
    frame = table()
    frame["code"] = np.where(frame["kind"] == "c", "01", "1")
    found = kz.fixed_effects("y ~ x + C(code) | g", frame).coefficients
    assert list(found.index) == ["x", "C(code)[T.1]"]


def test_categories_that_no_firm_has_do_not_move_the_reference():
    frame = table()
    frame["kind"] = pd.Categorical(frame["kind"], ["none at all", "a:b", "c", "d"])
    found = kz.fixed_effects("y ~ x + kind | g", frame)
    assert found.dropped == ()
    assert list(found.coefficients.index) == ["x", "kind[T.c]", "kind[T.d]"]
    theirs = smf.ols("y ~ x + kind + C(g)", table()).fit().params
    assert found.coefficients["kind[T.c]"] == pytest.approx(theirs["kind[T.c]"], rel=AGREE)
    as_factor = kz.fixed_effects("y ~ x + C(kind) | g", frame)
    assert as_factor.coefficients["C(kind)[T.c]"] == pytest.approx(theirs["kind[T.c]"], rel=AGREE)


def test_dates_are_refused():
    frame = table().assign(when=pd.Timestamp("2024-01-01"))
    with pytest.raises(InputError, match="column when holds dates, expected numbers"):
        kz.fixed_effects("y ~ x + when | g", frame)


def test_columns_named_by_numbers_do_no_harm():
    frame = table()
    frame[2024] = 1.0
    found = kz.fixed_effects("y ~ x + z | g", frame, cluster="g").coefficients
    np.testing.assert_allclose(found, PLAIN)


def test_names_after_the_bar_may_be_in_any_script_or_in_backticks():
    frame = table().rename(columns={"g": "область"})
    frame["код области"] = frame["область"]
    for effects in ("область", "`область`", "`код области`"):
        found = kz.fixed_effects(f"y ~ x + z | {effects}", frame, cluster="область").coefficients
        np.testing.assert_allclose(found, PLAIN)
    assert split_effects("y ~ x | `a+b` + c") == ("y ~ x", ["a+b", "c"])


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("y ~ x | g:kind", r"found 'g:kind' after the bar.*combinations need a column"),
        ("y ~ x | g^kind", r"found 'g\^kind' after the bar.*combinations need a column"),
        ("y ~ x | C(g)", r"found 'C\(g\)' after the bar.*`backticks`"),
        ("y ~ x | g kind", r"found 'g kind' after the bar"),
        ("y ~ x |", "nothing after the bar"),
        ("y ~ x | g | kind", "expected 'outcome ~ terms'"),
        ("y + x", "expected 'outcome ~ terms'"),
    ],
)
def test_what_is_no_column_after_the_bar_gets_a_hint(formula, said):
    with pytest.raises(CallError, match=said):
        kz.fixed_effects(formula, table())


def test_a_series_or_a_list_of_columns_is_no_name():
    frame = table()
    for more, said in (
        ({"cluster": frame["g"]}, "cluster: found a Series, expected the name of one column"),
        ({"cluster": ["g"]}, "cluster: found g, expected the names of one or two columns"),
        ({"cluster": ["g", "g"]}, "cluster: found g, g, expected the names of one or two"),
        ({"cluster": ["g", "kind", "z"]}, "cluster: found g, kind, z, expected"),
        ({"cluster": ["g", 3]}, "cluster: found g, 3, expected"),
        ({"weights": ["g", "z"]}, "weights: found a list, expected the name of one column"),
        ({"weights": frame["z"]}, "weights: found a Series"),
    ):
        with pytest.raises(CallError, match=said):
            kz.fixed_effects("y ~ x | g", frame, **more)


def test_an_outcome_that_effects_explain_is_refused():
    frame = table()
    frame["y"] = frame["g"].str[1:].astype(float) / 3
    with pytest.raises(NotEnoughDataError, match="does not vary within g, so effects leave"):
        kz.fixed_effects("y ~ x | g", frame)


def test_nested_effects_are_counted_once():
    firms = kz.join(kz.load_twin(), kz.oblasts())
    one = kz.fixed_effects("epayment_share ~ outages_per_month | oblast_code", firms)
    both = kz.fixed_effects("epayment_share ~ outages_per_month | oblast_code + composite", firms)
    assert one.n_parameters == both.n_parameters == 21
    assert both.table("iid").loc["outages_per_month", "std_error"] == pytest.approx(
        one.table("iid").loc["outages_per_month", "std_error"], rel=1e-9
    )


@pytest.mark.parametrize("seed", range(5))
def test_two_factors_are_counted_by_rank(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 12, 30), rng.integers(0, 9, 30)
    a, b = (np.unique(each, return_inverse=True)[1] for each in (a, b))
    dummies = np.hstack([np.eye(a.max() + 1)[a], np.eye(b.max() + 1)[b]])
    assert count_effects([a, b]) == np.linalg.matrix_rank(dummies)
    assert count_effects([a]) == a.max() + 1
    assert count_effects([]) == 0


def test_without_a_constant_r2_is_about_nought():
    frame = table()
    for formula in ("y ~ 0 + x + z", "y ~ x + z - 1", "y ~ x + z", "y ~ 0 + C(kind) + x"):
        theirs = smf.ols(formula, frame).fit()
        assert kz.fixed_effects(formula, frame).r2 == pytest.approx(theirs.rsquared, rel=AGREE)


def test_tiny_columns_settle_as_large_ones_do():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 9, 80), rng.integers(0, 8, 80)
    columns = rng.normal(size=(80, 2))
    w = np.ones(80)
    large = partial_out(columns, [one, other], w)
    np.testing.assert_allclose(partial_out(columns * 1e-9, [one, other], w) * 1e9, large, atol=1e-9)


def test_levels_that_hold_a_colon_keep_their_slope():
    frame = table().rename(columns={"kind": "sector", "g": "composite", "y": "epayment_share"})
    frame = frame.rename(columns={"x": "product_innovation", "z": "outages_per_month"})
    frame["co2_monitoring"] = np.arange(len(frame)) % 2 * 1.0
    found = kz.sector_by_innovation(frame)
    assert found.margins.index.tolist() == ["a:b", "c", "d"]
    assert len(found.difference) == 2
    theirs = smf.ols(
        "epayment_share ~ C(sector) + C(sector):product_innovation + outages_per_month"
        " + co2_monitoring + C(composite)",
        frame,
    ).fit()
    expected = theirs.params["C(sector)[a:b]:product_innovation"]
    assert found.margins.loc["a:b", "coefficient"] == pytest.approx(expected, rel=AGREE)


def test_only_what_the_formula_names_is_looked_at():
    frame = table().assign(other=pd.Timestamp("2024-01-01"))
    assert list(tidy_columns("y ~ x", frame)) == ["y", "x"]
