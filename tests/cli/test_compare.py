"""`kz-spatial compare`: what it prints, what it refuses, and two real runs behind it."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from change_cases import two_bundles, write_bundle
from helpers import COMPOSITE_TEXT

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.survey.twin import load_twin_raw
from kz_spatial.words.catalogue import forget_language


@pytest.fixture
def bundles(tmp_path):
    return tuple(map(str, two_bundles(tmp_path)))


def test_it_prints_a_line_for_each_indicator(bundles, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["compare", *bundles, "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        f"{out}: 5 indicators, 7 regions",
        "  outages_per_month: 7 not clear",
        "  epayment_share: 1 rise (better), 1 fall (worse), 5 not clear",
        "  co2_monitoring: 1 rise (better), 6 not clear",
        "  product_innovation: 6 not clear, 1 no interval",
        "  permit_days: 1 rise (worse), 1 fall (better), 4 not clear, 1 withheld",
        f"  {out / 'report.html'}  (read first)",
        f"  {out / 'map.html'}  (open in a browser)",
        f"  {out / 'kz_spatial.qgz'}  (open in QGIS)",
        f"  {out / 'kz_spatial.gpkg'}  (drag into QGIS)",
    ]
    assert told.err == ""


def test_notes_go_to_standard_error(tmp_path, capsys):
    old = kz.load_design("readiness_2019").without(["epayment_share"], ["no column k33"])
    a, b = two_bundles(
        tmp_path,
        first={"design": old, "synthetic": True},
        second={"options": {"weights": "wmedian"}},
    )
    assert cli.main(["compare", str(a), str(b), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "note: epayment_share: in the second bundle only",
        "note: First wave: Synthetic twin: made-up firms, not survey microdata",
        (
            "note: The waves are weighted differently (first: none; second: wmedian): a difference "
            "may come from that alone."
        ),
    ]


def zoned(folder):
    """A bundle whose grouping has another name."""
    bundle = write_bundle(folder, second=True)
    record = json.loads((bundle / "run.json").read_text(encoding="utf-8"))
    record["design"]["grouping"]["name"] = "zone"
    record["design"]["formula"] = record["design"]["formula"].replace("composite", "zone")
    (bundle / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return bundle


def refused(arguments, capsys):
    """Exit code and the one line that says why."""
    code = cli.main(["compare", *map(str, arguments)])
    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    return code, line.removeprefix("kz-spatial: ")


def test_refusals_are_one_line_with_the_exit_code_of_their_kind(bundles, tmp_path, capsys):
    a, b = bundles
    out = tmp_path / "out"
    code, line = refused([a, tmp_path / "none", "--out", out], capsys)
    assert (code, line.partition(": ")[2]) == (
        2,
        "found no run.json, expected a bundle that `kz-spatial run` wrote",
    )
    assert refused([a, b, "--out", b, "--overwrite"], capsys) == (
        2,
        f"{b}: is one of the bundles to compare, expected another folder",
    )
    code, line = refused([a, b, "--out", out, "--lang", "xx"], capsys)
    assert code == 2
    assert "'xx'" in line
    other = zoned(tmp_path / "c")
    code, line = refused([a, other, "--out", out], capsys)
    assert code == 1
    assert "is grouped by composite" in line
    assert not out.exists()
    assert cli.main(["compare", a, b, "--out", str(out)]) == 0
    capsys.readouterr()
    code, line = refused([a, b, "--out", out], capsys)
    assert code == 2
    assert "--overwrite" in line
    assert cli.main(["compare", a, b, "--out", str(out), "--overwrite", "--lang", "kk"]) == 0
    assert 'lang="kk"' in (out / "report.html").read_text(encoding="utf-8")


def test_a_language_of_ones_own(bundles, tmp_path, capsys):
    words = tmp_path / "eo.toml"
    words.write_text(
        '[language]\ncode = "eo"\nname = "Esperanto"\nlocale = "eo"\n'
        '[change]\nbetween_years = "Ŝanĝo de {first} al {second}"\n'
        '[change.class]\nrise_worse = "Kresko, pli malbone"\n',
        encoding="utf-8",
    )
    more = ["--out", str(tmp_path / "out"), "--words", str(words), "--lang", "eo"]
    try:
        assert cli.main(["compare", *bundles, *more]) == 0
    finally:
        forget_language("eo")
    assert "language 'eo' lacks" in capsys.readouterr().err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Ŝanĝo de 2019 al 2024</h1>" in page
    assert "Kresko, pli malbone: East (+20" in page
    assert "Ŝanĝo de 2019 al 2024" in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")


def test_two_runs_of_two_waves(tmp_path, capsys):
    """The twin as the wave of 2019, and a survey in which two regions answer otherwise."""
    raw = load_twin_raw()
    raw["region"] = raw.pop("a2").map(COMPOSITE_TEXT)
    east = (raw["region"] == "East") & (raw["g3"] >= 0)
    raw.loc[east, "g3"] += 200
    north = (raw["region"] == "North") & (raw["k33"] >= 0)
    raw.loc[north, "k33"] = np.maximum(0, raw.loc[north, "k33"] - 40)
    pd.DataFrame(raw.drop(columns="oblast")).to_csv(tmp_path / "later.csv", index=False)
    options = kz.RunOptions(draws=0, permutations=99, weights=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = kz.run(out=tmp_path / "a", design="readiness_2019", options=options)
        second = kz.run(tmp_path / "later.csv", out=tmp_path / "b", options=options)
    out = tmp_path / "out"
    assert cli.main(["compare", str(first.path), str(second.path), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  permit_days: 1 rise (worse), 6 not clear" in lines
    assert "  epayment_share: 1 fall (worse), 6 not clear" in lines
    table = pd.read_csv(out / "tables" / "changes.csv").set_index(["indicator", "code"])
    assert table.loc[("permit_days", "east"), "difference"] == pytest.approx(200, abs=1e-6)
    means = pd.read_csv(tmp_path / "b" / "tables" / "readiness.csv")
    mean = means.query("level == 'composite' and code == 'north'")["epayment_share_mean"].item()
    assert table.loc[("epayment_share", "north"), "second"] == pytest.approx(mean)
