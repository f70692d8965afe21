"""Two bundles side by side: Welch's intervals, and what does not compare."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kz_spatial.design import design_to_dict, load_design
from kz_spatial.errors import CallError, InputError
from kz_spatial.study import compare_bundles

CODES = load_design().grouping.codes


def bundle(folder, table, design=None, *, record=True):
    """What comparing needs of a bundle: the record and the table of means."""
    (folder / "tables").mkdir(parents=True)
    table.to_csv(folder / "tables" / "readiness.csv", index=False)
    content = {"design": design_to_dict(design or load_design())} if record else {}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def means(seed, shift=0.0):
    """A table of made-up means, all indicators, with rows of oblasts that must not be taken."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"level": "composite", "code": CODES})
    for name in load_design().by_name:
        table[f"{name}_mean"] = rng.uniform(1, 5, 7) + shift
        table[f"{name}_se"] = rng.uniform(0.2, 0.9, 7)
        table[f"{name}_n"] = rng.integers(5, 60, 7)
    other = table.assign(level="oblast", **{c: 99 for c in table if c.endswith("_mean")})
    return pd.concat([other, table], ignore_index=True)


def test_differences_are_welchs(tmp_path):
    one, two = means(1), means(2, shift=1.5)
    found = compare_bundles(bundle(tmp_path / "a", one), bundle(tmp_path / "b", two))
    name = "permit_days"
    rows = found.frame[found.frame["indicator"] == name].set_index("code")
    assert list(rows.index) == list(CODES)
    a, b = (t[t["level"] == "composite"].set_index("code") for t in (one, two))
    n_a, n_b = a[f"{name}_n"], b[f"{name}_n"]
    for code in CODES:
        outside = stats.ttest_ind_from_stats(
            b.loc[code, f"{name}_mean"], b.loc[code, f"{name}_se"] * np.sqrt(n_b[code]), n_b[code],
            a.loc[code, f"{name}_mean"], a.loc[code, f"{name}_se"] * np.sqrt(n_a[code]), n_a[code],
            equal_var=False,
        )  # fmt: skip
        assert rows.loc[code, "p"] == pytest.approx(outside.pvalue, abs=1e-12)
        error = rows.loc[code, "difference"] / outside.statistic
        assert rows.loc[code, "std_error"] == pytest.approx(error, abs=1e-12)
    assert set(rows["change"]) == {"rise", "not clear"}
    clear = rows["ci_low"] > 0
    assert (rows["change"] == "rise").equals(clear)
    assert ((rows["p"] < 0.05) == clear).all()
    turned = compare_bundles(tmp_path / "b", tmp_path / "a")
    assert (turned.frame["change"] == "fall").sum() == (found.frame["change"] == "rise").sum()


def test_a_difference_by_hand(tmp_path):
    one, two = means(1), means(1)
    at = (one["level"] == "composite") & (one["code"] == "east")
    for table, mean, n in ((one, 2.0, 5), (two, 5.0, 5)):
        table.loc[at, ["h1", "product_innovation_mean"]] = [np.nan, mean]
        table.loc[at, "product_innovation_se"] = 0.5
        table.loc[at, "product_innovation_n"] = n
    found = compare_bundles(bundle(tmp_path / "a", one), bundle(tmp_path / "b", two)).frame
    row = found.query("code == 'east' and indicator == 'product_innovation'").iloc[0]
    # equal errors and counts: 2 * 4 degrees of freedom, error 0.5 * sqrt 2, t = 3 / 0.7071
    assert (row["df"], row["std_error"]) == pytest.approx((8, 0.5 * 2**0.5))
    assert row["ci_low"] == pytest.approx(3 - 2.306004 * 0.7071068, abs=1e-5)
    assert row["change"] == "rise"


def test_a_withheld_mean_leaves_its_change_unsaid(tmp_path):
    one, two = means(1), means(2)
    two.loc[two["code"] == "west", "epayment_share_mean"] = np.nan
    found = compare_bundles(bundle(tmp_path / "a", one), bundle(tmp_path / "b", two)).frame
    row = found.query("code == 'west' and indicator == 'epayment_share'").iloc[0]
    assert row[["difference", "ci_low", "p", "change"]].isna().all()
    assert found["change"].isna().sum() == 1


def test_an_older_vintage_compares_by_its_regions_and_lost_indicators_are_named(tmp_path):
    old = load_design("readiness_2019").without(["epayment_share"], ["no k33"])
    found = compare_bundles(bundle(tmp_path / "a", means(1), old), bundle(tmp_path / "b", means(2)))
    assert "epayment_share" not in set(found.frame["indicator"])
    assert found.left_out == ("epayment_share: in the second bundle only",)
    assert len(found.frame) == 4 * 7
    assert "epayment_share" not in found.design.by_name


def test_other_regions_and_no_bundles_are_refused(tmp_path):
    good = bundle(tmp_path / "a", means(1))
    with pytest.raises(CallError, match=r"found no run.json, expected a bundle"):
        compare_bundles(good, tmp_path / "none")
    bare = bundle(tmp_path / "bare", means(1), record=False)
    with pytest.raises(InputError, match="names no design"):
        compare_bundles(good, bare)
    content = design_to_dict(load_design())
    regions = {each["code"]: each for each in content["grouping"]["regions"]}
    regions["north"]["oblasts"].remove("KZ-55")
    regions["east"]["oblasts"].append("KZ-55")
    moved = bundle(tmp_path / "b", means(1))
    (moved / "run.json").write_text(json.dumps({"design": content}), encoding="utf-8")
    with pytest.raises(InputError, match=r"KZ-55 lies in east, in .*a in north"):
        compare_bundles(good, moved)
    with pytest.raises(CallError, match="level=95"):
        compare_bundles(good, good, level=95)
