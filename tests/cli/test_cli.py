"""The command line: exit codes, one line per fault, and bundles that are whole or absent."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kz_spatial.cli import main as cli
from kz_spatial.survey.twin import load_twin_raw

BUNDLE = (
    "kz_spatial.gpkg",
    "kz_spatial.qgz",
    "map.html",
    "report.html",
    "run.json",
    "timings.json",
    "density_firms.tif",
    "density_firms.qml",
    "density_epayment_share.tif",
    "density_epayment_share.qml",
)
TABLES = (
    "readiness",
    "regression",
    "moran",
    "local_moran",
    "clusters",
    "clusters_by_number",
    "cluster_choice",
    "co_membership",
    "attrition",
    "replication",
)
FIGURES = (
    "distributions",
    "regional_comparison",
    "rank_sets",
    "small_areas",
    "models",
    "readiness",
    "clusters",
    "local_moran",
    "moran_scatter",
    "dendrogram",
    "cluster_choice",
    "co_membership",
    "density_firms",
    "density_epayment_share",
)
LAYERS = ("oblasts", "composites", "local_moran", "clusters", "density_contours", "settlements")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "bundle"
    assert cli.main(["run", "--out", str(out)]) == 0
    return out


@pytest.fixture
def raw():
    """The twin as a survey file would hold it: regions named, not coded."""
    return load_twin_raw().drop(columns="a2")


def _tree(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_bundle_has_every_file_of_the_contract(bundle):
    for name in BUNDLE:
        assert (bundle / name).stat().st_size > 0, name
    for name in TABLES:
        assert len(pd.read_csv(bundle / "tables" / f"{name}.csv")) > 0
        assert (bundle / "tables" / f"{name}.tex").read_text().count(r"\\") > 2
    found = {path.name for path in (bundle / "figures").iterdir()}
    assert found == {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
    # the report shows every figure
    assert (bundle / "report.html").read_text(encoding="utf-8").count("<figure") == len(FIGURES)


def test_geopackage_has_the_layers_and_a_default_style_for_each(bundle):
    with sqlite3.connect(bundle / "kz_spatial.gpkg") as base:
        kinds = dict(base.execute("SELECT table_name, data_type FROM gpkg_contents"))
        styled = dict(
            base.execute(
                "SELECT f_table_name, f_geometry_column FROM layer_styles "
                "WHERE useAsDefault AND f_table_schema = '' AND f_table_catalog = ''"
            )
        )
        shapes = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    base.close()
    assert {name for name, kind in kinds.items() if kind == "features"} == set(LAYERS)
    assert styled == shapes


def test_run_record_says_what_was_done(bundle):
    record = json.loads((bundle / "run.json").read_text(encoding="utf-8"))
    assert record["synthetic"] is True
    assert record["options"]["seed"] == 20240
    assert len(record["sha256"]) == 64
    timings = json.loads((bundle / "timings.json").read_text(encoding="utf-8"))
    assert set(timings["seconds"]) >= {"read", "join", "disclosure", "GeoPackage", "figures"}
    assert all(0 <= each < 600 for each in timings["seconds"].values())
    assert "timings.json" not in record["files"]


def test_everything_from_the_twin_says_so(bundle):
    notice = "Synthetic twin"
    assert notice in (bundle / "map.html").read_text(encoding="utf-8")
    assert notice in (bundle / "report.html").read_text(encoding="utf-8")
    for path in (*(bundle / "figures").glob("*.svg"), *(bundle / "tables").glob("*.tex")):
        assert notice in path.read_text(encoding="utf-8"), path.name
    with sqlite3.connect(bundle / "kz_spatial.gpkg") as base:
        texts = base.execute(
            "SELECT description FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchall()
    base.close()
    assert all(notice in text for (text,) in texts)


def test_no_firm_leaves_the_machine(bundle):
    ids = set(load_twin_raw()["idstd"].astype(str))
    for path in (bundle / "tables").glob("*.csv"):
        cells = set(pd.read_csv(path, dtype=str).to_numpy().ravel())
        assert not ids & cells, path.name
    with sqlite3.connect(bundle / "kz_spatial.gpkg") as base:
        counts = [base.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in LAYERS]
    base.close()
    assert max(counts) < 1013


def test_small_cells_are_withheld_in_every_table(bundle):
    table = pd.read_csv(bundle / "tables" / "readiness.csv")
    small = table["permit_days_n"].between(1, 4)
    assert small.any()
    assert (
        table.loc[small, ["permit_days_mean", "permit_days_sd", "permit_days_se"]].isna().all(None)
    )


def test_two_runs_give_the_same_tables_and_map(bundle, tmp_path):
    assert cli.main(["run", "--out", str(tmp_path / "again"), "--no-progress"]) == 0
    for name in TABLES:
        part = Path("tables") / f"{name}.csv"
        assert (tmp_path / "again" / part).read_bytes() == (bundle / part).read_bytes()


def test_survey_file_and_twin_give_the_same_tables(bundle, raw, tmp_path):
    raw.to_csv(tmp_path / "survey.csv", index=False)
    out = tmp_path / "out"
    call = ["run", str(tmp_path / "survey.csv"), "--out", str(out), "--disclosure", "open"]
    assert cli.main([*call, "--weights", "none"]) == 0
    for name in ("moran", "clusters", "regression"):
        assert (out / "tables" / f"{name}.csv").read_bytes() == (
            bundle / "tables" / f"{name}.csv"
        ).read_bytes()
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["synthetic"] is False
    assert "Synthetic twin" not in (out / "map.html").read_text(encoding="utf-8")


def test_survey_with_composites_only_still_runs(raw, tmp_path):
    raw = raw.assign(region=load_twin_raw()["a2"]).drop(columns="oblast")
    raw.to_csv(tmp_path / "survey.csv", index=False)
    out = tmp_path / "out"
    names = "1=almaty,2=astana,3=center,4=east,5=north,6=south,7=west"
    call = ["run", str(tmp_path / "survey.csv"), "--out", str(out), "--region-codes", names]
    assert cli.main(call) == 0
    assert set(pd.read_csv(out / "tables" / "moran.csv")["level"]) == {"composite"}


def test_a_survey_of_one_region_gives_a_bundle_that_says_what_it_lacks(raw, tmp_path):
    raw = raw.assign(region=load_twin_raw()["a2"]).drop(columns="oblast")
    raw[raw["region"] == 4].to_csv(tmp_path / "survey.csv", index=False)
    out = tmp_path / "out"
    call = ["run", str(tmp_path / "survey.csv"), "--out", str(out), "--region-codes", "4=east"]
    assert cli.main(call) == 0
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    reason = record["inapplicable"]["regression, corrected"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f'Not to be had: <span lang="en">{reason}' in page
    assert "Groups of regions" not in page
    assert "clusters, composite" in record["inapplicable"]


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_languages(language, tmp_path):
    out = tmp_path / language
    assert cli.main(["run", "--out", str(out), "--lang", language]) == 0
    page = (out / "map.html").read_text(encoding="utf-8")
    assert {"ru": "Синтетический двойник", "kk": "Синтетикалық егіз"}[language] in page
    assert {"ru": "Карагандинская область", "kk": "Қарағанды облысы"}[language] in page
    report = (out / "report.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}" dir="ltr">' in report
    assert {"ru": "<h2>Сравнение 7 регионов</h2>", "kk": "<h2>7 өңірді салыстыру</h2>"}[
        language
    ] in report
    assert "1\u00a0013 фирм" in report
    # what readers see, without code, figures and what is marked as English, has no English left
    seen = re.sub(r"(?s)<style>.*?</style>|<svg.*?</svg>|<code>.*?</code>", "", report)
    seen = re.sub(r'(?s)<(ul|span) lang="en".*?</\1>', "", seen)
    words = set(re.findall(r"\b[A-Za-z]{3,}\b", re.sub(r"<[^>]+>", " ", seen)))
    # sectors are named as the file names them
    cited = "Mogstad Romano Shaikh Wilhelm Fay Herriot Bell McCaffrey Pustejovsky Tipton Anselin"
    named = {"QGIS", "Manufacturing", "Retail", "Other", "services", "Nurbatsin", "doi", "ejebs"}
    assert words <= {*named, *cited.split(), "BSD", "Clause"}


BAD_SURVEYS = {
    "no region column": lambda raw: raw.drop(columns="oblast"),
    "unknown region": lambda raw: raw.assign(
        oblast=raw["oblast"].astype(object).mask(raw.index == 3, "Atlantis")
    ),
    "k33 of 140": lambda raw: raw.assign(k33=raw["k33"].mask(raw.index == 3, 140)),
    "k33 of -3": lambda raw: raw.assign(k33=raw["k33"].mask(raw.index == 3, -3)),
    "the same id twice": lambda raw: raw.assign(idstd=raw["idstd"].mask(raw.index == 3, 700001)),
    "nothing in ge7": lambda raw: raw.assign(ge7=None),
    "no rows": lambda raw: raw.iloc[:0],
}
SAYS = {
    "no region column": ("region column", "expected"),
    "unknown region": ("5", "oblast", "Atlantis"),
    "k33 of 140": ("5", "k33", "140", "0 to 100"),
    "k33 of -3": ("5", "k33", "-3", "0 to 100"),
    "the same id twice": ("5", "idstd", "700001", "once"),
    "nothing in ge7": ("ge7", "no answer"),
    "no rows": ("no rows",),
}


@pytest.mark.parametrize("fault", BAD_SURVEYS)
def test_bad_surveys_are_one_line_and_write_nothing(fault, raw, tmp_path, capsys):
    path = tmp_path / "survey.csv"
    BAD_SURVEYS[fault](raw).to_csv(path, index=False)
    out = tmp_path / "out"
    assert cli.main(["run", str(path), "--out", str(out)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    for word in (str(path), *SAYS[fault]):
        assert word in lines[0]
    assert [p.name for p in tmp_path.iterdir()] == ["survey.csv"]


def test_check_lists_every_fault_at_once(raw, tmp_path, capsys):
    path = tmp_path / "survey.csv"
    for fault in ("unknown region", "k33 of 140", "the same id twice", "nothing in ge7"):
        raw = BAD_SURVEYS[fault](raw)
    raw.to_csv(path, index=False)
    assert cli.main(["check", str(path)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_check_of_a_good_file(raw, tmp_path, capsys):
    raw.to_csv(tmp_path / "survey.csv", index=False)
    assert cli.main(["check", str(tmp_path / "survey.csv")]) == 0
    shown = capsys.readouterr()
    assert "1013 rows, 0 faults" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda p: p / "absent.dta", 2, "no such file"),
        (lambda p: p, 2, "a folder"),
        (lambda p: _written(p / "empty.csv", b""), 1, "empty file"),
        (lambda p: _written(p / "blank.csv", b" \n"), 1, "empty file"),
        (lambda p: _written(p / "cut.dta", b"<stata_dta><header>"), 1, "cut short"),
        (lambda p: _written(p / "notes.txt", b"hello"), 2, "expected one of .dta"),
    ],
)
def test_unreadable_files(make, code, says, tmp_path, capsys):
    path = make(tmp_path)
    assert cli.main(["run", str(path), "--out", str(tmp_path / "out")]) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert says in lines[0]
    assert str(path) in lines[0]


def _written(path, content):
    path.write_bytes(content)
    return path


def test_stata_file_cut_short(raw, tmp_path, capsys):
    path = tmp_path / "survey.dta"
    raw.to_stata(path, write_index=False)
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        assert cli.main(["run", str(path), "--out", str(tmp_path / "out")]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        assert str(path) in lines[0]


def test_an_existing_bundle_is_left_alone_unless_told(bundle, capsys):
    before = _tree(bundle)
    assert cli.main(["run", "--out", str(bundle)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert _tree(bundle) == before


def test_a_failed_overwrite_leaves_the_old_bundle(bundle, raw, tmp_path, capsys):
    before = _tree(bundle)
    BAD_SURVEYS["k33 of 140"](raw).to_csv(tmp_path / "bad.csv", index=False)
    assert cli.main(["run", str(tmp_path / "bad.csv"), "--out", str(bundle), "--overwrite"]) == 1
    assert _tree(bundle) == before
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_a_write_that_breaks_off_leaves_nothing(tmp_path, monkeypatch, capsys):
    from kz_spatial.output import bundle

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "render_report", fail)
    assert cli.main(["run", "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"kz-spatial: {tmp_path / 'out'}: cannot be written: No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_targets_that_cannot_be(tmp_path, capsys):
    file = _written(tmp_path / "file", b"x")
    folder = tmp_path / "mine"
    folder.mkdir()
    _written(folder / "thesis.docx", b"x")
    for target in (file, file / "below", folder):
        assert cli.main(["run", "--out", str(target), "--overwrite"]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert (folder / "thesis.docx").read_bytes() == b"x"


def test_target_without_permission(tmp_path, capsys, monkeypatch):
    # root may write anywhere, so the system's answer is put in its mouth
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cli.main(["run", "--out", str(tmp_path / "out")]) == 2
    assert "permission" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_target_that_the_system_refuses(capsys):
    assert cli.main(["run", "--out", "/proc/kz_spatial_out"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "/proc/kz_spatial_out" in lines[0]


@pytest.mark.parametrize(
    "call",
    [
        ["run"],
        ["run", "--out", "x", "--draws", "many"],
        ["fly"],
    ],
)
def test_wrong_calls_exit_2(call, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(call)
    assert stop.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["--weights", "nope"], "weights='nope': expected one of 'wmedian', 'wstrict', 'wweak'"),
        (["--design", "none.toml"], "none.toml: no such file; expected a design (.toml), or one"),
        (["--extend", "none.py"], "none.py: no such file, expected a Python file"),
        (["--clusters", "8"], "n_clusters=8: expected 1 to 7 groups of 7 composite regions"),
    ],
)
def test_wrong_options_of_a_run_are_one_line(call, said, tmp_path, capsys):
    assert cli.main(["run", "--out", str(tmp_path / "x"), *call]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"kz-spatial: {said}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_any_item_has_a_line_for_each(raw, tmp_path, capsys):
    path = tmp_path / "survey.csv"
    raw[["idstd", "oblast"]].to_csv(path, index=False)
    assert cli.main(["run", str(path), "--out", str(tmp_path / "out")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("expected item ")[2][:3].strip(";") for line in lines] == [
        "c7", "k33", "ge7", "h1", "g3",
    ]  # fmt: skip


def test_a_design_is_written_checked_and_used(raw, tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    assert cli.main(["design", "--out", str(mine)]) == 0
    assert cli.main(["design", "--out", str(mine)]) == 2
    assert "exists already" in capsys.readouterr().err
    path = tmp_path / "survey.csv"
    raw.assign(year=[2019, *[2024] * (len(raw) - 1)]).to_csv(path, index=False)
    assert cli.main(["check", str(path), "--design", str(mine)]) == 1
    assert "found 2019, 2024: several waves" in capsys.readouterr().err
    where = ["--where", "year=2024"]
    assert cli.main(["check", str(path), "--design", str(mine), *where]) == 0
    assert "1012 rows, 0 faults" in capsys.readouterr().out
    mine.write_text(mine.read_text("utf-8").replace('kind = "days"', 'kind = "weeks"'), "utf-8")
    assert cli.main(["check", str(path), "--design", str(mine), *where]) == 1
    told = capsys.readouterr()
    assert "indicators.permit_days.kind: found 'weeks'" in told.err
    assert "1 faults; the file was checked by readiness_2024" in told.out


def test_join_by_name_keeps_every_row_and_column(tmp_path, capsys):
    table = pd.DataFrame(
        {
            "id": ["007", "008", "009"],
            "место": ["г. Алматы", "Jambyl oblysy", "Казахстан"],
            "note": ["a,b", "", "ё"],
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    call = ["join", str(tmp_path / "t.csv"), "--out", str(tmp_path / "j.csv"), "--on", "место"]
    assert cli.main(call) == 0
    made = pd.read_csv(tmp_path / "j.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(
        made[list(table)].astype(str), table.astype(str), check_dtype=False
    )
    assert made["oblast_code"].tolist() == ["KZ-75", "KZ-31", ""]
    assert made["join_status"].tolist() == ["matched", "matched", "total"]


def test_join_names_the_unknown(tmp_path, capsys):
    pd.DataFrame({"region": ["Akmola", "Atlantis", "Pavlodar"]}).to_csv(tmp_path / "t.csv")
    call = ["join", str(tmp_path / "t.csv"), "--out", str(tmp_path / "j.csv")]
    assert cli.main(call) == 1
    said = capsys.readouterr().err
    assert "row 3, column region" in said  # as an editor counts lines
    assert "Atlantis" in said
    assert not (tmp_path / "j.csv").exists()
    assert cli.main([*call, "--unmatched", "keep"]) == 0
    assert len(pd.read_csv(tmp_path / "j.csv")) == 3


def test_join_points_to_geopackage(tmp_path):
    import geopandas as gpd

    points = pd.DataFrame({"longitude": [76.9, 71.4], "latitude": [43.25, 51.15]})
    points.to_csv(tmp_path / "t.csv", index=False)
    assert cli.main(["join", str(tmp_path / "t.csv"), "--out", str(tmp_path / "j.gpkg")]) == 0
    made = gpd.read_file(tmp_path / "j.gpkg")
    assert made["oblast_code"].tolist() == ["KZ-75", "KZ-71"]


def test_help_and_import_load_nothing_heavy():
    code = """
import sys, kz_spatial.cli.main as c
try:
    c.main(["--help"])
except SystemExit:
    pass
print([m for m in ("numpy", "pandas", "geopandas", "rich") if m in sys.modules])
"""
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_negative_number_of_draws_is_refused_in_one_line(tmp_path, capsys):
    assert cli.main(["run", "--out", str(tmp_path / "out"), "--draws", "-1"]) == 2
    told = capsys.readouterr().err.strip()
    assert told == "kz-spatial: --draws -1: expected 0 or more"
    assert list(tmp_path.iterdir()) == []


def test_draws_reach_the_tables_and_the_record(tmp_path):
    out = tmp_path / "out"
    assert cli.main(["run", "--out", str(out), "--draws", "7"]) == 0
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["draws"] == 7
    moran = pd.read_csv(out / "tables" / "moran.csv")
    assert set((moran["n_draws"] + moran["n_skipped"]).dropna()) == {7}
    local = pd.read_csv(out / "tables" / "local_moran.csv")
    shares = local["changes"].dropna() * 7
    assert (abs(shares - shares.round()) < 1e-6).all()
