"""Names and codes of oblasts and composites, in every spelling."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT, run_python
from hypothesis import given
from hypothesis import strategies as st

from kz_spatial.crosswalk import units
from kz_spatial.design import load_design
from kz_spatial.errors import CallError, InputError, PlaceAmbiguousError, PlaceUnknownError
from kz_spatial.places.names import fold, split_kind
from kz_spatial.places.resolution import (
    Place,
    place_name,
    resolve,
    resolve_column,
)
from kz_spatial.words import SHIPPED

GROUPING = load_design().grouping
COMPOSITES = GROUPING.codes


def oblast(code: str) -> Place:
    """The place of an oblast in the study's grouping."""
    return Place(code, "oblast", GROUPING.region_of(code))


def composite(code: str) -> Place:
    """The place of a region of the study's grouping."""
    return Place(code, "composite", code)


with (ROOT / "boundaries" / "crosswalk.csv").open(encoding="utf-8", newline="") as _stream:
    CROSSWALK = {row["iso"]: row for row in csv.DictReader(_stream)}
# spellings that two units carry; everything else must mean one unit
SHARED = {
    "almaty": ("KZ-19", "KZ-75"),
    "алматы": ("KZ-19", "KZ-75"),
    "sko": ("KZ-59", "KZ-61"),
}
LATIN, CYRILLIC = "ABCEHIKMOPTXYaceiopxyhj", "АВСЕНІКМОРТХУасеіорхуһј"
LOOK_ALIKE = dict(zip(LATIN + CYRILLIC, CYRILLIC + LATIN, strict=True))
# the study's own list, written out here so that the crosswalk cannot vouch for itself
MEMBERS = {
    "almaty": {"KZ-75"},
    "astana": {"KZ-71"},
    "center": {"KZ-35", "KZ-62"},
    "east": {"KZ-10", "KZ-63"},
    "north": {"KZ-11", "KZ-39", "KZ-55", "KZ-59"},
    "south": {"KZ-19", "KZ-31", "KZ-33", "KZ-43", "KZ-61", "KZ-79"},
    "west": {"KZ-15", "KZ-23", "KZ-27", "KZ-47"},
}


def spellings(code: str) -> list[str]:
    row = CROSSWALK[code]
    variants = [each.strip() for each in row["variants"].split(";") if each.strip()]
    return [row["name_en"], row["name_kk"], row["name_ru"], *variants, code, row["kato"]]


def forms(text: str) -> list[str]:
    return [
        text,
        text.upper(),
        text.lower(),
        f"  {text}\t",
        text.replace(" ", "  "),
        text.replace(" ", "\u00a0"),
        f"\ufeff{text}\u200b",
    ]


def misread(code: str, text: str) -> str | None:
    """What is wrong with the reading of a text; None when all is well."""
    shared = SHARED.get(" ".join(text.split()).strip("\ufeff\u200b").lower())
    try:
        found = resolve(text)
    except PlaceAmbiguousError as error:
        return None if error.candidates == shared else f"{text!r}: {error}"
    except PlaceUnknownError as error:
        return f"{text!r}: {error}"
    return None if found == oblast(code) and not shared else f"{text!r}: {found}"


@pytest.mark.parametrize("code", sorted(CROSSWALK))
def test_every_spelling_in_every_form_finds_its_unit(code):
    wrong = [misread(code, form) for text in spellings(code) for form in forms(text)]
    assert [each for each in wrong if each] == []


@pytest.mark.parametrize("code", sorted(CROSSWALK))
def test_one_letter_of_the_other_script_changes_nothing(code):
    texts = [text for text in spellings(code) if text.lower() not in SHARED]
    swapped = [
        text[:i] + LOOK_ALIKE[letter] + text[i + 1 :]
        for text in texts
        for i, letter in enumerate(text)
        if letter in LOOK_ALIKE
        # a letter on its own ("Almaty c.") has no word around it that tells its script
        and (text[i - 1 : i].isalpha() or text[i + 1 : i + 2].isalpha())
    ]
    assert [each for text in swapped if (each := misread(code, text))] == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("Нур-Султан", "KZ-71"),
        ("нур султан", "KZ-71"),
        ("Jambyl oblysy", "KZ-31"),
        ("KZ-31", "KZ-31"),
        ("kz 31", "KZ-31"),
        (31, "KZ-31"),
        (31.0, "KZ-31"),
        ("31.0", "KZ-31"),
        (np.int64(31), "KZ-31"),
        (np.float64(31), "KZ-31"),
        ("316220100", "KZ-31"),
        (316220100, "KZ-31"),
        ("Г.АЛМАТЫ", "KZ-75"),
        ("Алматы қаласы", "KZ-75"),
        ("АЛМАТЫ ОБЛЫСЫ", "KZ-19"),
        ("Солтүстiк Қазақстан", "KZ-59"),  # the i is Latin
        ("CKO", "KZ-59"),  # Latin letters that look like СКО
        ("СКО", "KZ-59"),
        ("Жамбыл обл.", "KZ-31"),
        ("Жетису", "KZ-33"),  # Russian letters for Kazakh ones
    ],
)
def test_spellings_met_in_the_wild(value, code):
    assert resolve(value) == oblast(code)


def test_composites_have_the_members_the_study_names():
    found = {name: {c for c in units() if GROUPING.region_of(c) == name} for name in COMPOSITES}
    assert found == MEMBERS
    assert sum(map(len, MEMBERS.values())) == len(units()) == 20


def test_codes_kato_names_and_kinds():
    assert all(unit.code == f"KZ-{unit.kato}" for unit in units().values())
    assert {c for c, unit in units().items() if unit.kind == "city"} == {"KZ-71", "KZ-75", "KZ-79"}
    for language in SHIPPED:
        names = {unit.names[language] for unit in units().values()}
        assert len(names) == 20
        assert place_name("KZ-10", language) in names
    assert place_name("KZ", "ru") == "Казахстан"
    assert resolve("Kazakhstan") == Place("KZ", "country", None)
    assert resolve("KZ-62").region == "center"
    assert composite("center").name("kk") == "Орталық"


@pytest.mark.parametrize("code", COMPOSITES)
def test_composites_answer_to_their_names_in_three_languages(code):
    for text in (code, *GROUPING.region(code).labels.values()):
        assert resolve(text, level="composite") == composite(code)


@pytest.mark.parametrize(
    ("text", "codes", "described"),
    [
        ("Almaty", ("KZ-19", "KZ-75"), ("Almaty Region (KZ-19)", "Almaty (KZ-75)", "kind=")),
        ("Алматы", ("KZ-19", "KZ-75"), ("Almaty Region (KZ-19)", "Almaty (KZ-75)", "kind=")),
        ("SKO", ("KZ-59", "KZ-61"), ("North Kazakhstan Region (KZ-59)", "Turkistan Region")),
    ],
)
def test_an_ambiguous_name_names_both_candidates(text, codes, described):
    with pytest.raises(PlaceAmbiguousError) as caught:
        resolve(text)
    assert caught.value.candidates == codes
    assert all(each in str(caught.value) for each in (repr(text), *described))


def test_a_hint_that_cannot_help_is_not_given():
    with pytest.raises(PlaceAmbiguousError) as caught:
        resolve("SKO", kind="region")
    assert "kind=" not in str(caught.value)
    assert "write it in full" in str(caught.value)


def test_kind_and_level_settle():
    assert resolve("Almaty", kind="city").code == "KZ-75"
    assert resolve("Алматы", kind="region").code == "KZ-19"
    assert resolve("Almaty", level="composite") == composite("almaty")
    assert resolve("East") == composite("east")
    assert resolve("Astana") == oblast("KZ-71")
    with pytest.raises(PlaceUnknownError):
        resolve("East", level="oblast")
    with pytest.raises(PlaceUnknownError):
        resolve("Жамбыл", kind="city")


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: resolve("Abai", kind="town"), "kind='town'"),
        (lambda: resolve("Abai", level="oblasts"), "did you mean 'oblast'"),
        (lambda: place_name("KZ-10", "de"), "language='de'"),
        (lambda: place_name("KZ-99"), "code='KZ-99'"),
    ],
)
def test_wrong_options_are_faults_of_the_call(call, named):
    with pytest.raises(CallError) as caught:
        call()
    assert named in str(caught.value)


def test_a_region_is_no_oblast():
    with pytest.raises(InputError, match="oblast 'east': expected a code such as KZ-10"):
        GROUPING.region_of("east")


def codes_of(values, **options):
    found = resolve_column(values, **options)
    return [place and place.code for place in found.places], found


@pytest.mark.parametrize(
    ("column", "codes", "settled"),
    [
        (["Almaty", "Almaty Region"], ["KZ-75", "KZ-19"], {"Almaty": "KZ-75"}),
        (["Almaty", "Almaty City"], ["KZ-19", "KZ-75"], {"Almaty": "KZ-19"}),
        (["Алматы", "Алматинская", "Абай"], ["KZ-75", "KZ-19", "KZ-10"], {"Алматы": "KZ-75"}),
        (["SKO", "North Kazakhstan"], ["KZ-61", "KZ-59"], {"SKO": "KZ-61"}),
    ],
)
def test_another_row_settles_an_ambiguous_name(column, codes, settled):
    for order in (column, column[::-1], column * 2):
        found, resolution = codes_of(order)
        assert dict(zip(order, found, strict=True)) == dict(zip(column, codes, strict=True))
        assert resolution.settled == settled
        assert resolution.faults == {}


@pytest.mark.parametrize(
    "column",
    [
        ["Almaty", "Abai", "Zhambyl"],  # nothing tells which
        ["Almaty", "Almaty Region", "Almaty City"],  # neither is left
        ["Almaty", "East", "Zhambyl"],  # composites and oblasts mixed
    ],
)
def test_a_column_that_settles_nothing_leaves_a_fault(column):
    found, resolution = codes_of(column)
    assert found[0] is None
    assert None not in found[1:]
    assert list(resolution.faults) == ["Almaty"]
    assert "KZ-19" in resolution.faults["Almaty"]
    assert "KZ-75" in resolution.faults["Almaty"]


def test_a_column_of_composites_is_read_as_composites():
    found, resolution = codes_of(["Almaty", "Astana", "Center", "East", "North", "South", "West"])
    assert found == list(COMPOSITES)
    assert {place.level for place in resolution.places} == {"composite"}
    assert resolution.faults == resolution.settled == {}
    # without a name that only a composite carries, the oblast level comes first
    assert codes_of(["Astana", "Abai"])[0] == ["KZ-71", "KZ-10"]


def test_totals_and_missing_values_are_set_apart():
    column = ["Kazakhstan", "Всего по республике", "Абай", None, np.nan, "", "  ", pd.NA]
    found, resolution = codes_of(column)
    assert found == ["KZ", "KZ", "KZ-10", *[None] * 5]
    assert resolution.totals == 2
    assert resolution.faults == {}
    assert resolution.texts == ("Kazakhstan", "Всего по республике", "Абай", *[None] * 5)


@pytest.mark.parametrize("dtype", ["Int64", "float64", "object", "string"])
def test_columns_of_codes_of_every_type(dtype):
    column = pd.Series([31, 75, None], dtype="Int64").astype(dtype)
    assert codes_of(column.tolist())[0] == ["KZ-31", "KZ-75", None]


def test_unknown_names_come_with_the_nearest():
    with pytest.raises(PlaceUnknownError) as caught:
        resolve("Zambyl")
    assert caught.value.nearest[0] == "Zhambyl Region (KZ-31)"
    assert caught.value.found == "Zambyl"
    assert str(caught.value) == (
        f"unknown region 'Zambyl'; nearest known: {', '.join(caught.value.nearest)}"
    )
    with pytest.raises(PlaceUnknownError) as caught:
        resolve("Qwx")
    assert caught.value.nearest == ()
    for nothing in ("", "KZ-99", 1, True, 10.5, "999999999", "Moscow"):
        with pytest.raises(PlaceUnknownError):
            resolve(nothing)


def test_every_unknown_name_of_a_column_is_kept():
    found, resolution = codes_of(["Zambyl", "Abai", "Moscow", "Zambyl"])
    assert found == [None, "KZ-10", None, None]
    assert list(resolution.faults) == ["Zambyl", "Moscow"]


@given(st.text(max_size=30))
def test_any_text_is_resolved_or_refused_by_name(text):
    try:
        place = resolve(text)
    except (PlaceUnknownError, PlaceAmbiguousError):
        return
    assert place.code in {*units(), *COMPOSITES, "KZ"}


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text):
    once = fold(text)
    assert fold(once) == once
    assert split_kind(text)[0] in {once, split_kind(once)[0]}


@given(st.permutations(["Almaty", "Almaty Region", "Абай", "SKO", "СКО", "Kazakhstan", "Moscow"]))
def test_the_order_of_a_column_does_not_matter(column):
    found, resolution = codes_of(column)
    assert dict(zip(column, found, strict=True)) == {
        "Almaty": "KZ-75",
        "Almaty Region": "KZ-19",
        "Абай": "KZ-10",
        "SKO": "KZ-61",
        "СКО": "KZ-59",
        "Kazakhstan": "KZ",
        "Moscow": None,
    }
    assert resolution.totals == 1


def test_importing_names_loads_nothing_heavy():
    code = (
        "import sys, kz_spatial.places.resolution as g; g.resolve('Абай'); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'numpy', 'pandas', 'geopandas', 'shapely', 'scipy'}))"
    )
    assert run_python(code).strip() == "[]"
