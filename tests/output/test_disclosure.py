"""The gate: no writer reaches a firm, and no attack on a bundle gets an answer out of it."""

from __future__ import annotations

import gc
import importlib.util
import json
import sys
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT

import kz_spatial as kz
from kz_spatial.design import OPEN, SURVEY, load_design
from kz_spatial.errors import InputError
from kz_spatial.output import Published, publish, rules_line
from kz_spatial.output.disclosure import disclosure_record
from kz_spatial.study import extensions

QUICK = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)


def load_attacks():
    spec = importlib.util.spec_from_file_location("attack", ROOT / "benchmarks" / "attack.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["attack"] = module
    spec.loader.exec_module(module)
    return module


attack = load_attacks()
# what a bundle without any rule gives away; where one is missing, so is the attack
BITES = set(attack.ATTACKS) - {"scores solved", "identifiers in text"}


@pytest.fixture(scope="module")
def guarded():
    return kz.run_study(options=replace(QUICK, disclosure="survey"))


def test_no_attack_gets_an_answer(tmp_path):
    found = attack.attack(SURVEY, tmp_path)
    assert {name: claims for name, claims in found.items() if claims} == {}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return attack.attack(attack.rules_of("none"), tmp_path_factory.mktemp("none"))


@pytest.mark.parametrize("name", sorted(BITES))
def test_every_attack_bites_where_there_are_no_rules(bare, name):
    assert bare[name]


@pytest.mark.parametrize(
    ("left_out", "attacks"),
    [
        ({"count_base": 0}, ["share times n"]),
        ({"p_percent": 0.0, "two_share": 1.0}, ["all alike", "subtraction, linear programming"]),
        ({"min_firms": 2}, ["counts under ten"]),
        (
            {"min_firms": 2, "smooth_below": 0, "p_percent": 0.0, "two_share": 1.0},
            ["mean and deviation solved"],
        ),
    ],
)
def test_each_rule_is_needed(tmp_path, left_out, attacks):
    rules = replace(SURVEY, profile="less", **left_out)
    target = attack.write_case(tmp_path, rules, weights=False, located=False)
    for name in attacks:
        assert attack.ATTACKS[name][1](target), name


def test_a_score_that_a_withheld_mean_entered_is_solved(tmp_path):
    """So that the attack on scores is known to bite: the score is put back as it must not be."""
    target = attack.write_case(tmp_path, SURVEY, weights=False, located=False)
    assert not attack.from_scores(target)
    table = target.table[target.table["level"] == "oblast"]
    rows = target.rows("KZ-75", "permit_days")
    code, name = "KZ-75", "permit_days"
    means = table[[f"{each}_mean" for each in attack.ITEMS]].set_axis(list(attack.ITEMS), axis=1)
    target.answers.loc[rows[1:], name] = np.nan
    means.loc[code, name] = np.nan
    z = (means - means.mean()) / means.std(ddof=1)
    z *= [load_design().by_name[each].direction for each in attack.ITEMS]
    own = (means[name].mean() - target.answers[name].iloc[rows[0]]) / means[name].std(ddof=1)
    target.table.loc[code, f"{name}_mean"] = np.nan
    score = (z.loc[code].sum() + own) / len(attack.ITEMS)
    target.table.loc[code, "readiness"] = score
    assert (int(rows[0]), name) in attack.from_scores(target)


def reachable(root, limit=2_000_000):
    """Everything that can be reached from an object, modules and types apart."""
    seen, waiting = {}, [root]
    while waiting and len(seen) < limit:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | type(sys)) or callable(each):
            continue
        seen[id(each)] = each
        waiting += gc.get_referents(each)
    return seen.values()


def test_no_firm_is_reachable_from_what_writers_get(guarded):
    n = len(guarded.firms)
    made = publish(guarded)
    assert "firms" not in {each.name for each in fields(Published)}
    long = [
        each
        for each in reachable(made)
        if (isinstance(each, np.ndarray) and n in each.shape)
        or (isinstance(each, pd.Series | pd.DataFrame) and len(each) == n)
    ]
    assert long == []
    firms = [e for e in reachable(guarded) if isinstance(e, pd.DataFrame) and len(e) == n]
    assert firms, "the walk finds firms where there are any"


def test_what_is_published_is_published_once(guarded):
    made = publish(guarded)
    assert publish(made) is made
    assert made.provenance["sha256"] is None
    assert publish(kz.run_study(options=QUICK)).provenance["sha256"]


def test_the_record_tells_verdicts_and_no_rule(guarded):
    told = disclosure_record(publish(guarded))
    text = json.dumps(told)
    assert told["profile"] == "survey"
    assert told["cells"]["oblast"]["withheld"] == 17
    assert not {"few", "dominance", "alike", "complement"} & set(text.replace('"', " ").split())
    cells = guarded.protected.verdicts
    assert len(told["not_as_they_are"]) == (cells["verdict"] != "shown").sum()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "fewer than 10"), ("ru", "менее чем с 10"), ("kk", "10-нан кем")]
)
def test_the_line_says_the_number_that_held(language, words):
    assert words in rules_line(SURVEY, language)
    assert words.replace("10", "7") in rules_line(replace(SURVEY, min_firms=7), language)
    assert "survey" not in rules_line(SURVEY, "ru")
    assert rules_line(OPEN, language) != rules_line(replace(OPEN, profile="mine"), language)


def test_rules_stand_on_every_output(tmp_path):
    import sqlite3

    import rasterio

    made = kz.run(out=tmp_path / "out", options=replace(QUICK, disclosure="survey"))
    line = rules_line(SURVEY, "en")
    short = rules_line(SURVEY, "en", short=True)
    assert line in (made.path / "report.html").read_text("utf-8")
    assert short in (made.path / "map.html").read_text("utf-8")
    assert line in (made.path / "tables" / "readiness.tex").read_text("utf-8").replace("''", "”")
    with rasterio.open(made.path / "density_firms.tif") as source:
        assert line in source.tags()["notice"]
    base = sqlite3.connect(made.path / "kz_spatial.gpkg")
    rows = base.execute("SELECT description FROM gpkg_contents WHERE data_type='features'")
    assert all(line in each for (each,) in rows.fetchall())
    base.close()
    assert made.record["disclosure"]["profile"] == "survey"
    page = kz.folium_map(made.path, language="ru").get_root().render()
    assert rules_line(SURVEY, "ru", short=True) in page


@pytest.fixture
def clean(monkeypatch):
    monkeypatch.setattr(extensions, "_registered", {})


THEME = kz.Theme("mean", {"en": "Mean"})


def test_a_layer_of_ones_own_sees_no_firm(clean):
    kz.register_layer(
        "own", lambda s: s.firms.groupby("oblast_code"), title={"en": "x"}, themes=THEME
    )
    with pytest.raises(
        InputError, match=r"layer 'own': reads firms, which the disclosure rules 'survey'"
    ):
        kz.run_study(options=replace(QUICK, disclosure="survey"))


def test_a_layer_of_ones_own_asks_for_estimates(clean):
    def large(study):
        return study.estimate(
            lambda f: (f["size"] == "large").astype(float), by="oblast", kind="binary"
        )

    kz.register_layer("own", large, title={"en": "x"}, themes=THEME)
    study = kz.run_study(options=replace(QUICK, disclosure="survey"))
    frame = study.frames["own"].set_index("oblast_code")
    firms = study.firms
    share = (firms["size"] == "large").groupby(firms["oblast_code"]).agg(["mean", "sum", "size"])
    many = np.minimum(share["sum"], share["size"] - share["sum"]) >= 13
    assert many.any()
    np.testing.assert_allclose(frame.loc[share.index[many], "mean"], share.loc[many, "mean"])
    assert (frame.loc[share.index[~many], "mean"] != share.loc[~many, "mean"]).any()
    with pytest.raises(InputError, match="estimate: found int, expected a Series by firm"):
        study.estimate(len)


def test_files_are_surveys_and_the_twin_is_open(tmp_path):
    survey = attack.make_survey().drop(columns=["longitude", "latitude"])
    survey.to_csv(tmp_path / "s.csv", index=False)
    study = kz.run_study(tmp_path / "s.csv", options=QUICK)
    assert study.rules == SURVEY
    assert study.options.min_firms == 10
    assert kz.run_study(options=QUICK).rules == OPEN
    mine = replace(load_design(), disclosure=replace(SURVEY, profile="mine", min_firms=12))
    assert kz.run_study(options=QUICK, design=mine).rules == mine.disclosure
    asked = replace(QUICK, disclosure="open", min_firms=6)
    assert kz.run_study(options=asked, design=mine).rules == replace(OPEN, min_firms=6)


def test_an_audit_of_a_file_goes_through_the_gate(tmp_path):
    survey = attack.make_survey().drop(columns=["longitude", "latitude"])
    survey.to_csv(tmp_path / "s.csv", index=False)
    found = kz.write_audit(tmp_path / "s.csv", out=tmp_path / "audit")
    cells = found.numbers.set_index(["table", "row", "column"])["corrected"]
    assert np.isnan(cells["Table 2", "East", "k33_mean"])  # a region of one firm
    assert np.isfinite(cells["Table 2", "Almaty", "k33_mean"])
    record = json.loads((tmp_path / "audit" / "run.json").read_text("utf-8"))
    assert record["sha256"] is None
    assert record["disclosure"]["profile"] == "survey"
    assert rules_line(SURVEY, "en") in (tmp_path / "audit" / "audit.html").read_text("utf-8")


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.CollinearTermWarning")
def test_regressions_of_few_residual_degrees_of_freedom_are_withheld(tmp_path):
    survey = attack.make_survey().drop(columns=["longitude", "latitude"])
    survey.groupby("region").head(2).head(24).to_csv(tmp_path / "s.csv", index=False)
    study = kz.run_study(tmp_path / "s.csv", options=QUICK)
    assert study.fits == {}
    assert "fewer than 10 residual degrees" in study.inapplicable["regression, corrected"]
    found = kz.write_audit(tmp_path / "s.csv", out=tmp_path / "audit")
    assert found.estimates["coefficient"].isna().all()
    assert "withheld by the disclosure rules" in found.estimates["reason"].iloc[0]
    printed = found.numbers[found.numbers["table"] == "Table 1"]
    assert printed["corrected"].isna().all()
    record = json.loads((tmp_path / "audit" / "run.json").read_text("utf-8"))
    assert record["disclosure"]["guarded"] is True
