"""A language of the user's: one TOML file, and the whole bundle speaks it."""

import json
import re
import sqlite3
import warnings

import geopandas as gpd
import pandas as pd
import pytest
from helpers import DESIGN, INDICATORS, ROOT, run_python
from map_cases import in_language, map_data

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.errors import CallError, InputError, MissingWordsWarning
from kz_spatial.places import place_name
from kz_spatial.words import (
    catalogue_of,
    forget_language,
    languages,
    missing_note,
    missing_words,
    say,
    unit_names,
)

HEAD = '[language]\ncode = "xx"\nname = "Xx"\nlocale = "de_CH"\nalpha3 = "mis"\n'
NAMES = """[names]
KZ = "Xland"
KZ-10 = "Xabai"
KZ-71 = "Xastana <&>"
west = "Xwest"
astana = "X<b>astana"
"""


def _study_words() -> dict[str, str]:
    """The words of the published study that a catalogue may have, in English."""
    score, grouping = DESIGN.score, DESIGN.grouping
    found = {"title": DESIGN.title, f"layer.{grouping.layer}": grouping.labels}
    for name, each in (*INDICATORS.items(), ("readiness", score)):
        found |= {f"indicator.{name}": each.labels, f"unit.{name}": each.unit}
    found |= {f"group.{i}": labels for i, labels in enumerate(score.groups, start=1)}
    return {f"study.{key}": texts["en"] for key, texts in found.items()}


def _every_message_marked() -> str:
    """A catalogue of every message and word, each text the English one after an X."""
    lines = [HEAD]
    for key, message in {**catalogue_of("en").messages, **_study_words()}.items():
        forms = message if isinstance(message, dict) else {"": message}
        path = key.split(".")
        # German rules need the same forms as English ones
        for form, text in forms.items():
            parts = ".".join(json.dumps(p) for p in (*path, *filter(None, [form])))
            lines.append(f"{parts} = {json.dumps('X' + text, ensure_ascii=False)}")
    head, *messages = lines
    return "\n".join([*messages, head, NAMES])


@pytest.fixture
def added():
    """Languages added in a test are forgotten after it."""
    before = set(languages())
    yield
    for code in set(languages()) - before:
        forget_language(code)


def _write(tmp_path, text, name="xx.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The twin's bundle in a made-up language that has every message."""
    folder = tmp_path_factory.mktemp("own")
    words = _write(folder, _every_message_marked())
    out = folder / "out"
    call = ["run", "--out", str(out), "--lang", "xx", "--words", str(words), "--draws", "20"]
    assert cli.main([*call, "--permutations", "199", "--no-progress"]) == 0
    forget_language("xx")
    return out


def test_names_stand_in_a_column_of_their_own(bundle):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oblasts = gpd.read_file(bundle / "kz_spatial.gpkg", layer="oblasts").set_index(
            "oblast_code"
        )
        regions = gpd.read_file(bundle / "kz_spatial.gpkg", layer="composites")
    assert oblasts["name_xx"]["KZ-10"] == "Xabai"
    assert oblasts["name_xx"]["KZ-19"] == "Almaty Region"  # no name of its own: English
    assert oblasts["name_ru"]["KZ-10"] == "область Абай"
    assert regions.set_index("composite")["name_xx"]["west"] == "Xwest"


def test_styles_carry_legend_and_labels(bundle):
    with sqlite3.connect(bundle / "kz_spatial.gpkg") as base:
        ((style,),) = base.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'oblasts' AND useAsDefault"
        ).fetchall()
        titles = dict(base.execute("SELECT table_name, identifier FROM gpkg_contents"))
        records = [row[0] for row in base.execute("SELECT metadata FROM gpkg_metadata")]
    base.close()
    assert 'label="XXXReadiness score (without XConstruction permits), Xmean z-score"' in style
    assert 'field="name_xx" name="XName"' in style
    assert 'field="name_ru" name="XName (русский)"' in style
    assert """<text-style fieldName='"name_xx"'""" in style
    assert titles["oblasts"] == "XOblasts"
    assert "<language>mis</language>" in records[1]
    assert "Xcoding: Xcorrected" in records[1]


def test_map_speaks_it(bundle):
    page = (bundle / "map.html").read_text(encoding="utf-8")
    data = map_data(page)
    assert data["language"] == "xx"
    assert [each["code"] for each in data["languages"]][-1] == "xx"
    assert in_language(data, data["words"]["theme"], "xx") == "XTheme"
    assert in_language(data, data["words"]["kilometres"], "xx") == "Xkm"
    assert "<title>XSmart-city readiness" in page
    names = [in_language(data, each, "xx") for each in data["units"]["oblast_code 20"]["names"]]
    assert {"Xabai", "Xastana <&>"} <= set(names)
    # thousands as the locale of the file parts them
    people = [in_language(data, each["told"], "xx") for each in data["dots"]]
    assert any(re.fullmatch(r"\d’\d{3}’\d{3} Xpeople", each) for each in people)


def test_report_speaks_it(bundle):
    page = (bundle / "report.html").read_text(encoding="utf-8")
    assert '<html lang="xx" dir="ltr">' in page
    assert "<h1>XSmart-city readiness of Kazakhstan&#39;s regions</h1>" in page
    assert "X1’013 firms" in page
    assert "<h2>X7 regions compared</h2>" in page
    assert "highest in X&lt;b&gt;astana, lowest in Xwest." in page
    assert "<b>astana" not in page
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert len(headings) == 17
    assert all(each.startswith("X") for each in headings)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert len(captions) == 14
    assert all(each.startswith("X") for each in captions)
    heads = [h for h in re.findall(r'<th scope="col">(.*?)</th>', page) if h != "I"]
    assert len(heads) > 40
    assert [each for each in heads if not each.startswith("X")] == []


def test_figures_and_captions_speak_it(bundle):
    text = (bundle / "figures" / "regional_comparison.svg").read_text(encoding="utf-8")
    assert ">Xwest</text>" in text
    assert "% of sales" in text
    assert r"\caption{XReadiness" in (bundle / "tables" / "readiness.tex").read_text("utf-8")
    legend = (bundle / "figures" / "clusters.svg").read_text(encoding="utf-8")
    assert "XGroup 1: Xhigh readiness" in legend


def test_data_of_the_tables_stay_what_they_are(bundle):
    table = pd.read_csv(bundle / "tables" / "readiness.csv")
    assert {"name", "rank", "epayment_share_mean"} <= set(table)
    assert table["name"][0] == "Almaty City"


@pytest.mark.usefixtures("added")
def test_english_stands_in_and_says_so_once(tmp_path):
    path = _write(tmp_path, HEAD + '[layer]\noblasts = "Xoblasts"\n' + NAMES)
    with pytest.warns(MissingWordsWarning, match="language 'xx' lacks") as caught:
        assert kz.add_language(path) == "xx"
    assert len(caught) == 1
    assert languages()[-1] == "xx"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert say("layer.oblasts", "xx") == "Xoblasts"
        assert say("layer.clusters", "xx") == "Clusters"
        # numbers inside an English sentence are still those of the language
        assert say("report.firms", "xx", n=1013) == "1’013 firms"
    assert "layer.oblasts" not in missing_words("xx")
    assert f"lacks {len(missing_words('xx'))} of" in missing_note("xx")
    assert missing_note("kk") == ""


@pytest.mark.usefixtures("added")
def test_names_of_units_come_first_and_english_second(tmp_path):
    path = _write(tmp_path, HEAD + NAMES)
    with pytest.warns(MissingWordsWarning):
        kz.add_language(path)
    assert unit_names("xx")["KZ-10"] == "Xabai"
    assert unit_names("ru") == {}
    assert [place_name(c, "xx") for c in ("KZ", "KZ-10", "KZ-11", "west", "east")] == [
        *("Xland", "Xabai", "Akmola Region", "Xwest", "East")
    ]
    with pytest.raises(CallError, match="language='yy'"):
        place_name("KZ-10", "yy")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code =", "no TOML file in UTF-8"),
        ('[layer]\noblasts = "x"\n', "no table [language]"),
        ('[language]\ncode = "xx"\nname = "X"\n', "language.locale: expected text, found None"),
        (HEAD.replace("de_CH", "qq_QQ"), "expected a locale that Babel knows"),
        (HEAD.replace('"xx"', '"x x"'), "language.code: found 'x x'"),
        (HEAD + '[layer]\nroads = "x"\n', "layer.roads: there is no such message"),
        (HEAD + '[legend]\ngroup = "{m}"\n', "legend.group: takes no value m; known values: n"),
        (HEAD + '[legend]\ngroup = "{n"\n', "legend.group: expected '}'"),
        (HEAD + "[legend]\ngroup = 3\n", "legend.group: expected text, found 3"),
        (HEAD + '[report.firms]\none = "{n}"\n', "report.firms: lacks the plural form other"),
        (HEAD + '[names]\n"KZ-10" = 1\n', "names.KZ-10: expected text"),
        (HEAD + 'direction = "up"\n', "expected ltr or rtl"),
    ],
)
def test_faulty_files_are_refused_in_one_line_each(tmp_path, text, words):
    path = _write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        kz.add_language(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "xx" not in languages()


def test_all_faults_come_at_once(tmp_path):
    path = _write(tmp_path, HEAD + '[layer]\nroads = "x"\n[legend]\ngroup = "{m}"\n')
    with pytest.raises(InputError) as caught:
        kz.add_language(path)
    assert len(str(caught.value).splitlines()) == 2


def test_a_shipped_code_and_an_absent_file_are_refused(tmp_path):
    with pytest.raises(CallError, match="'ru' is a shipped language"):
        kz.add_language(_write(tmp_path, HEAD.replace('"xx"', '"ru"')))
    with pytest.raises(InputError, match="cannot be read"):
        kz.add_language(tmp_path / "nowhere.toml")
    with pytest.raises(CallError):
        forget_language("ru")


def test_the_command_refuses_a_language_that_is_not_there(tmp_path, capsys):
    assert cli.main(["run", "--out", str(tmp_path / "o"), "--lang", "xx"]) == 2
    assert "--lang='xx': expected one of 'en', 'ru', 'kk'" in capsys.readouterr().err
    bad = _write(tmp_path, "x =")
    assert cli.main(["run", "--out", str(tmp_path / "o"), "--words", str(bad)]) == 1
    assert str(bad) in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_words_are_read_only_when_something_is_said():
    code = (
        "import sys, kz_spatial.words, kz_spatial.cli.main as m\n"
        "m._parser().format_help()\n"
        "print({'babel', 'tomllib'} & set(sys.modules))"
    )
    assert run_python(code).strip() == "set()"


def test_catalogues_are_shipped_with_the_package():
    assert {path.stem for path in (ROOT / "kz_spatial" / "words").glob("*.toml")} == {
        *("en", "ru", "kk")
    }
