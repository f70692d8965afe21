"""Names as tables have them: marks, numbers, cases, scripts, lists and units that are no more."""

from __future__ import annotations

import csv
import unicodedata

import pytest
from helpers import ROOT

from kz_spatial.crosswalk import units
from kz_spatial.design import load_design
from kz_spatial.errors import PlaceAmbiguousError, PlaceUnknownError
from kz_spatial.places.cells import is_total, without_marks
from kz_spatial.places.reading import older_unit
from kz_spatial.places.resolution import resolve, resolve_column
from kz_spatial.places.spellings import index_of

ALPHABETS = {
    True: "abcdefghijklmnopqrstuvwxyz",
    False: "абвгдежзийклмнопрстуфхцчшщыьэюяәғқңөұүіһ",
}
# a letter that stands for the same sound, or for a Kazakh letter that the keyboard lacks
ALIKE = [
    *("yi", "ыи", "йи", "іи", "ыі", "ый", "kq", "uw", "wu"),
    *("аә", "гғ", "кқ", "нң", "оө", "уұ", "уү", "ұү", "иі", "её"),
]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # footnote marks
        *[(f"Астана{mark}", "KZ-71") for mark in "* ** ¹ ² ¹) ¹⁾ 1) 1/ † ‡ [1] [a] (1) 1".split()],
        *[(f"Abai {mark}", "KZ-10") for mark in "* ¹ 2) [1] (2) 1,2) 3/".split()],
        ("Акмолинская*", "KZ-11"),
        ("*Абай", "KZ-10"),
        ("¹ Shymkent", "KZ-79"),
        ("Алматинская обл.*:", "KZ-19"),
        ("Алматы облысы (2)", "KZ-19"),
        # numbers in a list
        *[(f"{each} Акмолинская", "KZ-11") for each in "1. 10. 10) (3) №5. IV. 1.2. а) •".split()],
        ("№ 5. Акмолинская", "KZ-11"),
        ("1 Акмолинская область", "KZ-11"),
        ("3 - Алматинская область", "KZ-19"),
        # a code beside the name, where they agree
        ("11 Акмолинская", "KZ-11"),
        ("110000000 Акмолинская область", "KZ-11"),
        ("Акмолинская область (110000000)", "KZ-11"),
        ("KZ-11: Akmola", "KZ-11"),
        ("Akmola (KZ-11)", "KZ-11"),
        # two names of one unit
        ("г. Нур-Султан (Астана)", "KZ-71"),
        ("Astana (Nur-Sultan)", "KZ-71"),
        ("Астана (бывш. Нур-Султан)", "KZ-71"),
        ("Западно-Казахстанская область (ЗКО)", "KZ-27"),
        ("Акмола / Aqmola / Ақмола", "KZ-11"),
        ("Turkistan (former South Kazakhstan)", "KZ-61"),
        # marks of a city, before the name and behind it
        *[(f"Астана {word}", "KZ-71") for word in "қ. г. қаласы қ-сы г.а. (қала) (city)".split()],
        *[(f"{word} Алматы", "KZ-75") for word in ("г.", "г", "город", "қ.", "в г.", "города")],
        ("Almaty, city", "KZ-75"),
        ("Almaty g.", "KZ-75"),
        ("gorod Almaty", "KZ-75"),
        ("Almatı (şehir)", "KZ-75"),
        ("Shymkent (city of republican significance)", "KZ-79"),
        ("город республиканского значения Шымкент", "KZ-79"),
        # cases
        ("области Жетысу", "KZ-33"),
        ("Акмолинской области", "KZ-11"),
        ("по Северо-Казахстанской области", "KZ-59"),
        ("в Актюбинской области", "KZ-15"),
        ("Карагандинскую область", "KZ-35"),
        ("города Астаны", "KZ-71"),
        ("г. Шымкенте", "KZ-79"),
        ("Ақмола облысында", "KZ-11"),
        # adjectives
        ("Жетысуйская область", "KZ-33"),
        ("Жетысуйской области", "KZ-33"),
        ("Улытауская", "KZ-62"),
        ("Алма-Атинская область", "KZ-19"),
        ("Североказахстанская область", "KZ-59"),
        ("Zhetysuyskaya oblast", "KZ-33"),
        ("Vostochno-Kazakhstanskaya oblastʹ", "KZ-63"),
        # letters of Turkish and of the Latin alphabets of Kazakh
        ("Qarağandı", "KZ-35"),
        ("KARAĞANDI", "KZ-35"),
        ("Qızılorda oblısı", "KZ-43"),
        ("Mañğıstaw", "KZ-47"),
        ("Soltüstık Qazaqstan oblısı", "KZ-59"),
        ("TÜRKİSTAN", "KZ-61"),
        ("Jetısu", "KZ-33"),
        ("Ulitau", "KZ-62"),
        ("Karagandi", "KZ-35"),
        # short forms
        ("N. Kazakhstan", "KZ-59"),
        ("W. Kazakhstan", "KZ-27"),
        ("E Kazakhstan", "KZ-63"),
        ("N.Kazakhstan", "KZ-59"),
        ("North Kaz.", "KZ-59"),
        ("Сев.-Казахстанская", "KZ-59"),
        ("Восточно-Каз. обл.", "KZ-63"),
        ("В. Казахстан", "KZ-63"),
        ("VKO", "KZ-63"),
        # HASC, as GADM and Natural Earth have it
        *[
            (f"KZ.{hasc}", f"KZ-{kato}")
            for hasc, kato in {
                "AA": 19, "AC": 75, "AM": 11, "AR": 23, "AS": 71, "AT": 15, "EK": 63, "MG": 47,
                "NK": 59, "PA": 55, "QG": 35, "QO": 43, "QS": 39, "SK": 61, "WK": 27, "ZM": 31,
            }.items()
        ],
        # where a unit lies
        ("Kazakhstan, Akmola Region", "KZ-11"),
        ("Абай, Казахстан", "KZ-10"),
    ],
)  # fmt: skip
def test_a_name_is_found_in_what_stands_around_it(text, code):
    assert resolve(text).code == code
    assert resolve(text.upper() if "ı" not in text else text).code == code


@pytest.mark.parametrize(
    "text",
    [
        "Всего по РК",
        "Всего по республике",
        "Республика Казахстан, всего",
        "Казахстан - всего",
        "Kazakhstan, total",
        "Total (Kazakhstan)",
        "Total for the country",
        "Барлығы",
        "Қазақстан Республикасы бойынша",
        "Республика бойынша барлығы",
        "по Казахстану",
        "в целом по республике",
        "Итого:",
        "РК*",
        "Казахстан¹",
        "Kazakstan",
    ],
)
def test_totals_with_words_around_them(text):
    assert resolve(text).code == "KZ"
    assert resolve(text).level == "country"


@pytest.mark.parametrize(
    "text",
    [
        # more than the country
        "Total North",
        "Всего по области",
        "Всего по Акмолинской области",
        "Kazakhstan without Almaty",
        "Казахстан без г. Астаны",
        "Kazakhstan average",
        "All",
        "Республика",
        # another unit that bears the name
        "Алматинский район",
        "Астана, Алматинский район",
        "Абайский район",
        "Abai district",
        "г. Караганда",
        "Karaganda city",
        "г. Туркестан",
        "Turkistan (city)",
        "Қарағанды қ.",
        "г. Абай",
        # something is left out or added
        "East Kazakhstan (excl. Abai)",
        "East Kazakhstan (without Abai)",
        "Акмолинская (без Астаны)",
        "Akmola (Kokshetau)",
        "в т.ч. Астана",
        # numbers that are no marks
        "Almaty 1",
        "Astana 2019",
        "Almaty (2019)",
        "Abai 123)",
        "KZ-1",
        "KZ1",
        "KZ.BY",
        "1)",
        "*",
        # misprints
        "Zambyl",
        "Karagnda",
        "Almatty",
        "Pavlodr",
        "Turkystan",
        "Ashtana",
        "Мангыстаусская",
        "Костонайская",
    ],
)
def test_what_no_rule_accounts_for_stays_unknown(text):
    with pytest.raises(PlaceUnknownError):
        resolve(text)


@pytest.mark.parametrize("text", ["Алматы*", "Almaty¹", "1. Алматы", "Almatı", "Almaty / Алматы"])
def test_marks_settle_no_ambiguity(text):
    with pytest.raises(PlaceAmbiguousError) as caught:
        resolve(text)
    assert caught.value.candidates == ("KZ-19", "KZ-75")
    assert resolve(text, kind="city").code == "KZ-75"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10 Акмолинская", "found the code 10 of Abai Region beside another name"),
        ("KZ-19 Almaty city", "found the code KZ-19 of Almaty Region beside another name"),
        ("Астана (Алматы)", "found 2 units in one cell (Астана, Алматы), expected one"),
    ],
)
def test_a_cell_that_contradicts_itself_is_refused_in_one_line(text, said):
    with pytest.raises(PlaceUnknownError) as caught:
        resolve(text)
    assert str(caught.value).startswith(f"region {text!r}: {said}")
    assert "\n" not in str(caught.value)
    assert resolve_column([text]).faults == {text: str(caught.value)}


@pytest.mark.parametrize(
    ("text", "code", "until"),
    [
        ("East Kazakhstan+Abay", "KZ-63", 2022),
        ("Abai and East Kazakhstan", "KZ-63", 2022),
        ("East Kazakhstan (incl. Abai)", "KZ-63", 2022),
        ("Алматинская и Жетысу", "KZ-19", 2022),
        ("Алматинская область (включая Жетысу)", "KZ-19", 2022),
        ("Алматы облысы және Жетісу", "KZ-19", 2022),
        ("Karaganda & Ulytau*", "KZ-35", 2022),
        ("Туркестанская область и г. Шымкент", "KZ-61", 2018),
        ("Чимкентская область", "KZ-61", 2018),
        ("South Kazakhstan", "KZ-61", 2018),
        ("ЮКО¹", "KZ-61", 2018),
        ("Оңтүстік Қазақстан облысы", "KZ-61", 2018),
        ("KZ.SK", "KZ-61", 2018),
        (51, "KZ-61", 2018),
        ("Turkistan", "KZ-61", None),
        ("East Kazakhstan", "KZ-63", None),
        ("Abai / Abay", "KZ-10", None),
    ],
)
def test_older_units_by_name_and_as_sums(text, code, until):
    found = resolve(text)
    assert (found.code, found.until) == (code, until)
    assert resolve_column([text]).older == ({} if until is None else {str(text): until})


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Akmola and Astana", 2),
        ("Almaty Region + Almaty City", 2),
        ("East Kazakhstan, Abai, Karaganda", 3),
        ("East + West Kazakhstan", 2),
        ("North and South", 2),
        ("Karaganda + Abai", 2),
        ("Shymkent; South Kazakhstan; Akmola", 3),
    ],
)
def test_a_sum_that_never_was_a_unit_is_refused_as_such(text, n):
    with pytest.raises(PlaceUnknownError, match=f"found {n} units in one cell") as caught:
        resolve(text)
    assert caught.value.nearest == ()


@pytest.mark.parametrize(
    ("text", "into"),
    [
        ("Семипалатинская область", "East Kazakhstan Region (KZ-63) in 1997"),
        ("Semipalatinsk", "East Kazakhstan Region (KZ-63) in 1997"),
        ("Талды-Курганской области", "Almaty Region (KZ-19) in 1997"),
        ("Джезказганская", "Karaganda Region (KZ-35) in 1997"),
        ("Turgay oblast", "Kostanay Region (KZ-39) and Akmola Region (KZ-11) in 1997"),
        ("Кокчетавская область*", "North Kazakhstan Region (KZ-59) in 1997"),
        ("Целиноградская область", "Akmola Region (KZ-11) in 1992"),
    ],
)
def test_units_that_ended_before_the_first_vintage_are_refused_with_what_became_of_them(text, into):
    with pytest.raises(PlaceUnknownError) as caught:
        resolve(text)
    assert f"a unit that went into {into}, expected one of 1997 or later" in str(caught.value)


def test_older_units_by_the_crosswalk():
    assert older_unit(["KZ-63", "KZ-10"]) == ("KZ-63", 2022)
    assert older_unit(["KZ-79", "KZ-61"]) == ("KZ-61", 2018)
    assert older_unit(["KZ-63"]) is None
    assert older_unit(["KZ-63", "KZ-10", "KZ-79"]) is None


def test_former_names_are_spellings_that_the_crosswalk_lists_or_of_ended_units():
    with (ROOT / "boundaries" / "former_names.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["spelling", "until", "iso"]
    assert len({row["spelling"] for row in rows}) == len(rows)
    for row in rows:
        codes = row["iso"].split()
        assert set(codes) <= set(units())
        if int(row["until"]) > 1997:
            assert row["spelling"] in units()[codes[0]].variants
            assert row["spelling"] == "SKO" or resolve(row["spelling"]).until == 2018


def edits(name):
    """Every text that one missing, wrong, added or misplaced letter makes of a name."""
    letters = ALPHABETS[name.isascii()]
    for i, letter in enumerate(name):
        yield name[:i] + name[i + 1 :], ""
        if i:
            yield name[: i - 1] + letter + name[i - 1] + name[i + 1 :], ""
        for other in letters:
            yield name[:i] + other + name[i:], ""
            yield name[:i] + other + name[i + 1 :], letter.lower() + other


@pytest.mark.parametrize("code", sorted(units()))
def test_no_misprint_is_read_as_another_unit_and_next_to_none_as_its_own(code):
    tried, read = 0, []
    for name in units()[code].names.values():
        for text, change in edits(name):
            tried += 1
            try:
                found = resolve(text)
            except (PlaceUnknownError, PlaceAmbiguousError):
                continue
            assert found.code == code, text
            if change not in ("", *ALIKE) and change[::-1] not in ALIKE and change[0] != change[1]:
                read.append(text)
    assert tried > 800
    assert len(read) <= 0.01 * tried, read


def test_no_loose_spelling_joins_two_units_that_no_listed_one_does():
    index = index_of(load_design().grouping)
    listed = {
        frozenset(p.code for p in found if p.level == "oblast")
        for found in (*index.exact.values(), *index.derived.values())
    }
    for key, found in index.loose.items():
        codes = frozenset(p.code for _, p in found if p.level == "oblast")
        assert len(codes) < 2 or codes in listed or key == "sko region", key


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Алматы*", "Алматы"),
        ("10) Алматы 2)", "Алматы"),
        ("Almaty 1", "Almaty 1"),
        ("KZ10", "KZ10"),
        ("Abai (2022)", "Abai (2022)"),
        ("Акмолинская область (110000000)", "Акмолинская область (110000000)"),
        ("Алматы (г)", "Алматы (г)"),
        ("1.", "1"),
    ],
)
def test_marks_by_hand(text, bare):
    assert without_marks(text) == bare
    assert without_marks(unicodedata.normalize("NFC", bare)) == bare


def test_totals_by_hand():
    assert is_total("Всего")
    assert is_total("Казахстан")
    assert not is_total("В. Казахстан")
    assert not is_total("по области")
    assert not is_total("")
