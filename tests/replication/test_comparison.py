"""The audit's findings come out of code, and its tools hold on cases worked by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.errors import CallError, InputError
from kz_spatial.groups.partition import rank_partition
from kz_spatial.replication.comparison import agrees, audit, replicate
from kz_spatial.replication.printed import (
    Cell,
    Printed,
    compatible_df,
    fewest_answers,
    is_possible,
    recover_counts,
)


@pytest.fixture(scope="module")
def found():
    return audit({c: kz.load_twin(coding=c) for c in ("as-published", "corrected")})


def test_every_yes_no_cell_has_one_way_to_be_counted(found):
    assert len(found.counts) == 16
    assert (found.counts["ways"] == 1).all()
    known = pd.read_csv("kz_spatial/data/published/binary_items_reconstructed.csv").set_index(
        "region"
    )
    for row in found.counts.itertuples():
        for name in ("yes", "no", "dont_know"):
            assert getattr(row, name) == known.loc[row.region, f"{row.item}_{name}"]


def test_only_twelve_degrees_of_freedom_fit_all_rows(found):
    assert found.common_df == (12,)


def test_published_grouping_ranks(found):
    assert found.groupings["rank"].tolist() == [255, 285]
    assert (found.groupings["groupings"] == 301).all()


def test_fewest_permit_answers(found):
    assert found.granularity.query("item == 'g3'")["fewest_answers"].sum() == 42


def test_innovation_changes_its_sign_on_the_twin(found):
    rows = found.estimates.query("term == 'product_innovation' and inference == 'crv1'")
    by_coding = rows.set_index("coding")["coefficient"]
    assert round(by_coding["as-published"], 2) == -18.26
    # 1 stands for no as published and for yes as corrected, so like signs would be unlike effects
    assert by_coding["corrected"] == pytest.approx(
        kz.fixed_effects(
            "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + "
            "permit_days + C(composite)",
            kz.load_twin(),
        ).coefficients["product_innovation"]
    )


def test_numbers_agree_but_for_the_printed_observations(found):
    off = found.numbers[~found.numbers["as_published_agrees"]]
    assert off[["table", "row", "column"]].to_numpy().tolist() == [
        ["Table 1", "model", "observations"]
    ]


def test_real_data_with_too_few_permits_still_audit():
    firms = {c: kz.load_twin(coding=c) for c in ("as-published", "corrected")}
    firms["as-published"] = firms["as-published"].assign(permit_days=np.nan)
    numbers = replicate(firms)
    table1 = numbers[numbers["table"] == "Table 1"]
    assert not table1["as_published_agrees"].any()
    assert audit(firms).estimates["reason"].notna().any()


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [
        (0.665, "0.66", True),
        (0.6651, "0.66", False),
        (-4.105, "-4.10", True),
        (12.4, "12", True),
        (float("nan"), "1", False),
    ],
)
def test_agreement_at_printed_rounding(value, printed, expected):
    assert agrees(value, printed) is expected


@given(
    counts=st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(0, 3)).filter(
        lambda c: sum(c) > 1
    )
)
def test_recovered_counts_contain_the_true_ones(counts):
    answers = np.repeat([0, 100, -1000], counts)
    mean, sd = answers.mean(), answers.std(ddof=1)
    found = recover_counts(f"{mean:.1f}", f"{sd:.2f}", len(answers))
    assert counts in found.solutions
    for each in found.solutions:
        again = np.repeat([0, 100, -1000], each)
        assert agrees(again.mean(), f"{mean:.1f}")
        assert agrees(again.std(ddof=1), f"{sd:.2f}")


def test_counts_that_are_not_unique_say_so():
    # six answers of codes 1 to 3: mean 2, sd rounded to a whole number
    found = recover_counts("2", "1", 6, codes=(1, 2, 3), shift=0, scale=1)
    assert not found.unique
    by_hand = {
        tuple(np.bincount(each, minlength=4)[1:])
        for each in itertools.product((1, 2, 3), repeat=6)
        if agrees(np.mean(each), "2") and agrees(np.std(each, ddof=1), "1")
    }
    assert set(found.solutions) == by_hand


def test_counts_too_many_to_enumerate_are_refused():
    with pytest.raises(CallError, match="too many"):
        recover_counts("1", "1", 10_000, codes=(1, 2, 3, 4))


@pytest.mark.parametrize("n", [2, 5, 8])
def test_granularity_by_hand(n):
    possible = set()
    for each in itertools.combinations_with_replacement(range(7), n):
        possible.add((f"{np.mean(each):.1f}", f"{np.std(each, ddof=1):.2f}"))
    for mean, sd in itertools.islice(sorted(possible), 0, None, 7):
        assert is_possible(mean, sd, n), (mean, sd)
    assert not is_possible("0.3", "0.10", 2)


def test_fewest_answers_is_the_first_that_is_possible():
    cell = Cell(Printed.parse("16.5"), Printed.parse("9.24"))
    n = fewest_answers(cell)
    assert is_possible("16.5", "9.24", n)
    assert not any(is_possible("16.5", "9.24", m) for m in range(2, n))


def test_degrees_of_freedom_by_hand():
    from scipy import stats

    p = 2 * stats.t.sf(2.0, 6)
    found = compatible_df("2.000", "1.000", f"{p:.4f}")
    assert 6 in found
    assert 7 not in found
    assert 5 not in found
    assert compatible_df("2.000", "1.000", "0.9") == ()
    with pytest.raises(CallError, match="above 0"):
        compatible_df("2", "0", "0.5")


def test_rank_of_a_grouping_by_hand():
    table = pd.DataFrame({"x": [0.0, 0.1, 1.0, 1.1]}, list("abcd"))
    best = pd.Series([1, 1, 2, 2], list("abcd"))
    worst = pd.Series(["u", "v", "u", "v"], list("dcba"))
    assert rank_partition(table, best).rank == 1
    found = rank_partition(table, worst)
    assert found.n_partitions == 7
    assert found.rank == 6  # d with b, c with a; only b with c and a with d is looser
    with pytest.raises(InputError, match="'d'"):
        rank_partition(table, best.drop("d"))


def test_audit_command_writes_every_table(tmp_path, capsys):
    out = tmp_path / "audit"
    assert cli.main(["audit", "--out", str(out)]) == 0
    names = {p.name for p in out.iterdir()}
    assert names == {
        "audit.html",
        "run.json",
        "numbers.csv",
        "counts.csv",
        "granularity.csv",
        "degrees_of_freedom.csv",
        "groupings.csv",
        "estimates.csv",
    }
    page = (out / "audit.html").read_text(encoding="utf-8")
    assert "Synthetic twin" in page
    assert "12 is the only number" in page
    assert cli.main(["audit", "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_lone_firm_of_a_survey_is_in_no_cell():
    """A survey's cells of few firms are withheld; the twin's firms are made up."""
    codings = {}
    for coding in ("corrected", "as-published"):
        firms = kz.load_twin(coding=coding)
        alone = firms["composite"] == "astana"
        firms = firms.drop(index=firms.index[alone][1:]).reset_index(drop=True)
        firms.attrs["kz_spatial"]["synthetic"] = False
        codings[coding] = firms
    table = replicate(codings).query("table == 'Table 2' and row == 'Astana'")
    assert len(table) > 0
    assert table[["as_published", "corrected"]].isna().all(axis=None)
    elsewhere = replicate(codings).query("table == 'Table 2' and row == 'East'")
    assert elsewhere["corrected"].notna().any()
