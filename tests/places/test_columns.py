"""A column of names settles what one name leaves open, says so, or refuses it."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from kz_spatial.errors import InputError
from kz_spatial.places.boundaries import oblasts
from kz_spatial.places.joining import join, join_audit
from kz_spatial.places.resolution import resolve, resolve_column


def read(column):
    """Codes by name and the resolution, the same in whatever order the column is."""
    found = resolve_column(column)
    codes = {t: p and p.code for t, p in zip(found.texts, found.places, strict=True)}
    for seed in range(3):
        mixed = random.Random(seed).sample(column, len(column))
        other = resolve_column(mixed)
        assert {t: p and p.code for t, p in zip(mixed, other.places, strict=True)} == codes
        assert other.settled == found.settled
    return codes, found


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (
            ["North Kazakhstan", "South Kazakhstan", "East Kazakhstan", "West Kazakhstan"],
            ["north", "south", "east", "west"],
        ),
        (["North Kazakhstan"], ["north"]),
        (["Northern Kazakhstan", "Eastern Kazakhstan"], ["north", "east"]),
        (["Северный Казахстан", "Южный Казахстан"], ["north", "south"]),
        (["Солтүстік Қазақстан", "Батыс Қазақстан"], ["north", "west"]),
        (["Soltüstik Qazaqstan", "Şyğys Qazaqstan", "Batys Kazakhstan"], ["north", "east", "west"]),
        (["North Kazakhstan*", "2. West Kazakhstan"], ["north", "west"]),
    ],
)
@pytest.mark.parametrize(
    "centre", ["Central Kazakhstan", "Center", "Центральный Казахстан", "Орталық Қазақстан"]
)
def test_beside_the_centre_shared_names_are_regions_and_it_is_said(column, codes, centre):
    found, resolution = read([*column, centre, "Almaty", "Astana"])
    expected = dict(zip(column, codes, strict=True))
    assert {text: found[text] for text in column} == expected
    assert found[centre] == "center"
    assert (found["Almaty"], found["Astana"]) == ("almaty", "astana")
    assert resolution.settled == expected
    assert resolution.faults == {}
    assert resolution.older == {}


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (["North Kazakhstan", "Akmola"], ["KZ-59", "KZ-11"]),
        (["Северный Казахстан", "Восточный Казахстан", "Абай"], ["KZ-59", "KZ-63", "KZ-10"]),
        (["Солтүстік Қазақстан", "Ақмола"], ["KZ-59", "KZ-11"]),
        (["West Kazakhstan", "Shymkent"], ["KZ-27", "KZ-79"]),
        (["East Kazakhstan"], ["KZ-63"]),
        (["North Kazakhstan", "East Kazakhstan", "Kazakhstan"], ["KZ-59", "KZ-63", "KZ"]),
        # "Region" leaves no doubt
        (["North Kazakhstan Region", "Central Kazakhstan"], ["KZ-59", "center"]),
        (["Солтүстік Қазақстан облысы", "Орталық"], ["KZ-59", "center"]),
        (["Северо-Казахстанская", "Центр"], ["KZ-59", "center"]),
    ],
)
def test_beside_oblasts_or_in_full_they_are_oblasts(column, codes):
    found, resolution = read(column)
    assert list(found.values()) == codes
    assert resolution.settled == resolution.faults == {}


@pytest.mark.parametrize(
    "column",
    [
        ["North Kazakhstan", "Central Kazakhstan", "Akmola"],
        ["Северный Казахстан", "Центральный Казахстан", "Акмолинская область"],
        ["North Kazakhstan", "South", "Shymkent"],
        # nothing but names of both
        ["North Kazakhstan", "South Kazakhstan", "East Kazakhstan", "West Kazakhstan"],
        ["North Kazakhstan", "South Kazakhstan", "East Kazakhstan", "West Kazakhstan", "Astana"],
    ],
)
def test_a_column_of_both_levels_or_of_neither_leaves_a_fault(column):
    found, resolution = read(column)
    assert found[column[0]] is None
    said = resolution.faults[column[0]]
    assert said == (
        f"ambiguous region {column[0]!r}: it may mean North Kazakhstan Region (KZ-59) or North "
        "(north); write it in full"
    )
    assert column[0] not in resolution.settled


def test_a_region_with_a_name_of_its_own_leaves_the_shared_one_to_the_oblast():
    for column in (
        ["West", "West Kazakhstan", "Center"],
        ["West", "West Kazakhstan", "Center", "Akmola"],
    ):
        found, resolution = read(column)
        assert (found["West"], found["West Kazakhstan"]) == ("west", "KZ-27")
        assert resolution.settled == {"West Kazakhstan": "KZ-27"}


def test_the_wish_for_a_level_is_heeded_without_a_note():
    for level, code in (("oblast", "KZ-59"), ("composite", "north")):
        assert resolve("North Kazakhstan", level=level).code == code
        found = resolve_column(["North Kazakhstan", "Central Kazakhstan"], level=level)
        assert found.places[0].code == code
        assert found.settled == {}


@pytest.mark.parametrize(
    ("almaty", "others"),
    [
        ("Almaty", ["Astana", "Shymkent"]),
        ("Алматы", ["Астана", "Шымкент"]),
        ("Алматы", ["г. Нур-Султан", "Шымкент қ.", "Всего по республике"]),
        ("Almaty*", ["Astana*", "Shymkent*"]),
    ],
)
def test_among_cities_almaty_is_the_city_and_it_is_said(almaty, others):
    found, resolution = read([almaty, *others])
    assert found[almaty] == "KZ-75"
    assert resolution.settled == {almaty: "KZ-75"}
    assert resolution.faults == {}


@pytest.mark.parametrize(
    "column",
    [["Almaty", "Astana", "Shymkent", "Akmola"], ["Almaty"], ["Almaty", "Kazakhstan"]],
)
def test_where_the_others_do_not_tell_almaty_is_refused(column):
    found, resolution = read(column)
    assert found["Almaty"] is None
    assert "Almaty Region (KZ-19) or Almaty (KZ-75)" in resolution.faults["Almaty"]


@pytest.mark.parametrize("name", ["Karaganda", "Караганда", "Turkistan", "Туркестан", "Abai"])
def test_a_city_that_is_no_unit_of_its_own_is_refused_and_its_region_is_not(name):
    city = f"г. {name}" if not name.isascii() else f"{name} city"
    found, resolution = read([name, city, "Astana"])
    assert found[name] == resolve(f"{name} region").code
    assert found[city] is None
    assert list(resolution.faults) == [city]


def test_south_kazakhstan_is_the_older_unit_unless_shymkent_stands_apart():
    found, resolution = read(["South Kazakhstan", "Akmola"])
    assert (found["South Kazakhstan"], resolution.older) == ("KZ-61", {"South Kazakhstan": 2018})
    found, resolution = read(["South Kazakhstan", "Akmola", "Shymkent"])
    assert (found["South Kazakhstan"], resolution.older) == ("KZ-61", {})
    assert resolution.settled == {"South Kazakhstan": "KZ-61"}
    # a panel over the split has all three
    column = ["ЮКО", "Туркестанская область", "г. Шымкент"]
    found, resolution = read(column)
    assert [found[each] for each in column] == ["KZ-61", "KZ-61", "KZ-79"]
    assert (resolution.older, resolution.settled) == ({"ЮКО": 2018}, {})


def test_a_sum_stays_the_older_unit_beside_its_parts():
    found, resolution = read(["East Kazakhstan + Abay", "Abay"])
    assert found == {"East Kazakhstan + Abay": "KZ-63", "Abay": "KZ-10"}
    assert resolution.older == {"East Kazakhstan + Abay": 2022}


def test_joining_says_what_was_settled():
    table = pd.DataFrame({"region": ["North Kazakhstan", "Central Kazakhstan", "Almaty"]})
    made = join(table)
    assert made["composite"].tolist() == ["north", "center", "almaty"]
    assert made["oblast_code"].isna().all()
    assert join_audit(made).settled == ("North Kazakhstan = north",)


def test_an_older_unit_is_joined_to_areas_of_its_time_alone():
    table = pd.DataFrame({"region": ["East Kazakhstan+Abay", "Akmola"], "x": [1, 2]})
    said = (
        "found KZ-63 as it was until 2022, which the areas have as KZ-10 and KZ-63; expected "
        r"areas of that time, as oblasts\(vintage=2021\)"
    )
    with pytest.raises(InputError, match=said):
        join(table)
    kept = join(table, unmatched="keep")
    assert kept["join_status"].tolist() == ["outside", "matched"]
    assert kept["oblast_code"].tolist() == [None, "KZ-11"]
    made = join(table, oblasts(vintage=2021, detail="light"))
    assert made["oblast_code"].tolist() == ["KZ-63", "KZ-11"]
    assert join_audit(made).settled == ("East Kazakhstan+Abay = KZ-63 as it was until 2022",)
    south = pd.DataFrame({"region": ["Южно-Казахстанская область"]})
    with pytest.raises(InputError, match=r"KZ-61 and KZ-79; .*vintage=2017"):
        join(south)
    assert join(south, oblasts(vintage=2017, detail="light"))["oblast_code"].tolist() == ["KZ-61"]
    assert join(south, oblasts(vintage=2017, detail="light"))["composite"].tolist() == ["south"]
