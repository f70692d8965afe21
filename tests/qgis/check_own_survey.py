"""A survey whose columns have other names: each parameter as the option that it becomes."""

import csv
import json
import stat
from pathlib import Path

from check_processing import _algorithm, _fault, _folder, _run

# takes the place of the command and keeps what it was called with
KEEPS = """#!/usr/bin/python3
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True)
pathlib.Path({told!r}).write_text(json.dumps(sys.argv[1:]))
"""
REGIONS = "almaty,astana,center,east,north,south,west".split(",")


def _keeping(settings, name):
    folder = _folder(settings, name)
    program, told = folder / "kz-spatial", folder / "told.json"
    program.write_text(KEEPS.format(told=str(told)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, told


def _after(words, option):
    return [words[i + 1] for i, word in enumerate(words) if word == option]


def check_each_parameter_becomes_its_option(settings):
    program, told = _keeping(settings, "options")
    design = told.with_name("own.toml")
    design.write_text("", encoding="utf-8")
    survey = told.with_name("survey.csv")
    survey.write_text("", encoding="utf-8")
    asked = {
        "SURVEY": str(survey),
        "OUTPUT": str(told.with_name("out")),
        "DESIGN": str(design),
        "WEIGHTS": "w median",
        "ITEMS": ["k33", "доля оплат", "", "", "c7", " out "],
        "REGION": "область",
        "REGION_CODES": ["1", "almaty", "2", "astana"],
        "KIND": 2,
        "WHERE": ["year", "2024", "volna", "третья"],
        "CELL_KM": 2.5,
        "BANDWIDTH_KM": 40,
        "OPEN": False,
    }
    _run(settings, "run_study", asked, command=str(program))
    words = json.loads(told.read_text(encoding="utf-8"))
    assert words[:3] == ["run", "--progress-lines", str(survey)], words
    wanted = {
        "--design": [str(design)],
        "--weights": ["w median"],
        "--item": ["k33=доля оплат", "c7=out"],
        "--region": ["область"],
        "--region-codes": ["1=almaty", "2=astana"],
        "--kind": ["region"],
        "--where": ["year=2024", "volna=третья"],
        "--cell-km": ["2.5"],
        "--bandwidth-km": ["40"],
    }
    assert {option: _after(words, option) for option in wanted} == wanted, words
    # what is left empty is left to the command
    asked = {"OUTPUT": str(told.with_name("plain")), "OPEN": False}
    _run(settings, "run_study", asked, command=str(program))
    words = json.loads(told.read_text(encoding="utf-8"))
    for option in ("--design", "--weights", "--item", "--region", "--region-codes", "--kind"):
        assert option not in words, words
    assert "--where" not in words
    assert (_after(words, "--cell-km"), _after(words, "--bandwidth-km")) == (["5"], ["75"])


def check_faulty_tables_of_columns_are_one_line(settings):
    program, told = _keeping(settings, "faulty_options")
    out = str(told.with_name("out"))

    def fault(**values):
        return _fault(settings, "run_study", {"OUTPUT": out, **values}, command=str(program))

    lone = fault(ITEMS=["k33", ""])
    assert lone == "Columns of the items: found 'k33' alone, expected both cells of its row", lone
    comma = fault(WHERE=["year", "2019,2024"])
    assert comma == ("Rows to keep: found '2019,2024', expected no comma and no equals sign"), comma
    odd = fault(REGION_CODES=["1", "almaty", "2"])
    assert "found 3 cells, expected two in each row" in odd, odd
    assert "no such file" in fault(DESIGN="/nowhere/own.toml")
    assert not told.exists(), "the command was run all the same"


def _means(bundle):
    with (Path(bundle) / "tables" / "readiness.csv").open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["level"] == "composite"]
    return {row["code"]: (row["n_firms"], row["epayment_share_mean"]) for row in rows}


def check_a_survey_with_names_of_its_own_gives_the_figures_of_the_plain_one(settings):
    """The twin as a file of two waves, with other names of columns and bare codes of regions."""
    out = _folder(settings, "own_names") / "bundle"
    asked = {
        "SURVEY": settings["renamed_survey"],
        "DESIGN": settings["renamed_design"],
        "OUTPUT": str(out),
        "WEIGHTS": "none",
        "DISCLOSURE": 2,
        "ITEMS": ["k33", "pay", "c7", "cuts"],
        "REGION": "part",
        "REGION_CODES": [w for i, name in enumerate(REGIONS, start=1) for w in (str(i), name)],
        "WHERE": ["wave", "2024"],
        "PERMUTATIONS": 99,
        "DRAWS": 9,
        "CELL_KM": 20,
        "BANDWIDTH_KM": 90,
        "OPEN": False,
    }
    made, _, _ = _run(settings, "run_study", asked)
    found = _means(made["OUTPUT"])
    assert found == _means(settings["bundle"]), found
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["design"]["name"] == "renamed_2024", record["design"]
    assert (record["options"]["cell_m"], record["options"]["bandwidth_m"]) == (20_000, 90_000)
    assert record["synthetic"] is False


def check_columns_are_asked_for_in_tables_of_two(settings):
    algorithm = _algorithm("run_study")
    for name in ("ITEMS", "REGION_CODES", "WHERE"):
        asked = algorithm.parameterDefinition(name)
        assert len(asked.headers()) == 2, name
        assert not asked.hasFixedNumberRows(), "rows cannot be added"
