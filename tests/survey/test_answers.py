"""Answers by their labels, reasons for none, and the shapes that files come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from helpers import COMPOSITE_TEXT, named_survey, survey_frame

from kz_spatial.design import load_design
from kz_spatial.errors import InputError, SurveyError
from kz_spatial.estimates.aggregation import aggregate
from kz_spatial.survey.answers import by_labels, meaning_of
from kz_spatial.survey.reading import attrition, check_survey, read_survey

SPECIAL = load_design().special_codes
REASONS = {reason: code for code, reason in SPECIAL.items()}
REGIONS = {"a3a": COMPOSITE_TEXT}


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("Yes", 1),
        ("НЕТ", 2),
        ("иә", 1),
        ("Don’t know (spontaneous)", -9),
        ("DON'T KNOW", -9),
        ("Refusal (spontaneous)", -8),
        ("Refused", -8),
        ("Does not apply", -7),
        ("Still in process", -6),
        ("Application denied", -5),
        ("Not applicable", -4),
        ("затрудняюсь ответить", -9),
        ("Отказ от ответа", -8),
        ("Notable", None),
        ("Yesterday", None),
        ("Nobody knows", None),
    ],
)
def test_what_a_label_means(label, meaning):
    assert meaning_of(label, SPECIAL) == meaning


def test_labels_turn_codes_and_unlabelled_codes_stay():
    column = pd.Series([0, 1, 2, 98, 7, np.nan])
    found = by_labels(column, {0: "No", 1: "Yes", 98: "Don't know"}, SPECIAL)
    np.testing.assert_array_equal(found.astype(float), [2, 1, 2, -9, 7, np.nan])


def test_yes_and_no_the_other_way_round_give_the_same_share(tmp_path):
    frame = survey_frame()
    straight = tmp_path / "straight.dta"
    turned = tmp_path / "turned.dta"
    frame.to_stata(straight, write_index=False, value_labels=REGIONS)
    labels = REGIONS | {"ge7": {1: "No", 2: "Yes"}, "h1": {5: "YES", 6: "no"}}
    other = frame.assign(ge7=3 - frame["ge7"], h1=frame["h1"] + 4)
    other.to_stata(turned, write_index=False, value_labels=labels)
    a, b = read_survey(straight), read_survey(turned)
    for name in ("co2_monitoring", "product_innovation"):
        assert 0 < a[name].mean() < 1
        assert a[name].tolist() == b[name].tolist()
    published = read_survey(straight, coding="as-published")
    again = read_survey(turned, coding="as-published")
    assert published["co2_monitoring"].tolist() == again["co2_monitoring"].tolist()


def test_each_reason_has_its_own_column_of_the_attrition(tmp_path):
    codes = sorted(SPECIAL)
    frame = survey_frame(21).astype({"g3": float})
    frame.loc[: len(codes) - 1, "g3"] = codes
    path = tmp_path / "s.dta"
    frame.to_stata(path, write_index=False, value_labels=REGIONS)
    row = attrition(read_survey(path)).loc["g3"]
    assert row[list(REASONS)].tolist() == [1] * len(codes)
    assert row["system_missing"] == survey_frame(21)["g3"][len(codes) :].isna().sum()


@pytest.mark.parametrize("coding", ["corrected", "as-published"])
def test_user_missing_values_of_spss_are_the_reasons_they_are(coding, tmp_path):
    frame = survey_frame().astype({"k33": float})
    frame.loc[[2, 5], "k33"] = [-9, -8]
    sav, dta = tmp_path / "s.sav", tmp_path / "s.dta"
    pyreadstat.write_sav(
        frame,
        str(sav),
        variable_value_labels=REGIONS | {"k33": {-9.0: "Don't know", -8.0: "Refused"}},
        missing_ranges={"k33": [-9, -8]},
    )
    frame.to_stata(dta, write_index=False, value_labels=REGIONS)
    a, b = read_survey(sav, coding=coding), read_survey(dta, coding=coding)
    assert a["epayment_share"].tolist() == pytest.approx(b["epayment_share"].tolist(), nan_ok=True)
    pd.testing.assert_frame_equal(attrition(a), attrition(b))
    assert attrition(a).loc["k33", ["dont_know", "refused"]].tolist() == [1, 1]


def test_a_bare_code_inside_a_labelled_region_column_is_no_oblast(tmp_path):
    frame = survey_frame()
    frame.loc[[3, 7], "a3a"] = 19  # a KATO code of Almaty Region, which no label says
    path = tmp_path / "s.dta"
    frame.to_stata(path, write_index=False, value_labels=REGIONS)
    [fault] = check_survey(path).faults
    assert fault.startswith(f"{path}: rows 4, 8, column a3a: found code 19, expected one of 1 = ")


def test_bare_codes_beside_names_are_not_guessed(tmp_path):
    frame = named_survey()
    frame["region"] = frame["region"].astype(object)
    frame.loc[2, "region"] = "19"
    path = tmp_path / "s.csv"
    frame.to_csv(path, index=False)
    [fault] = check_survey(path).faults
    assert fault.startswith(f"{path}: row 4, column region: found 19 beside names such as ")


def test_a_missing_weight_matters_only_where_it_is_asked_for(tmp_path):
    frame = named_survey().assign(wstrict=2.0)
    frame.loc[[1, 4], "wstrict"] = np.nan
    path = tmp_path / "s.csv"
    frame.to_csv(path, index=False)
    assert any("wstrict" in each for each in check_survey(path).notes)
    firms = read_survey(path)
    aggregate(firms, by="composite")
    ids = ", ".join(str(frame["idstd"][each]) for each in (1, 4))
    with pytest.raises(InputError, match=f"firm_ids {ids}, column wstrict: found nan"):
        aggregate(firms, by="composite", weights="wstrict")


def write_workbook(frame, path):
    with pd.ExcelWriter(path) as writer:
        frame.to_excel(writer, sheet_name="firms", index=False)
        pd.DataFrame({"about": ["made"]}).to_excel(writer, sheet_name="about")


WRITERS = {
    "categorical.parquet": lambda frame, path: frame.assign(
        region=frame["region"].astype("category"), h1=frame["h1"].astype("category")
    ).to_parquet(path),
    "cp1251.csv": lambda frame, path: frame.to_csv(
        path, index=False, sep=";", decimal=",", encoding="cp1251"
    ),
    "utf16.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t", encoding="utf-16"),
    "book.xlsx": write_workbook,
}
SAID = {
    "categorical.parquet": [],
    "cp1251.csv": ["read as Windows-1251 text", "columns parted by semicolons, decimal commas"],
    "utf16.tsv": ["read as utf-16 text"],
    "book.xlsx": ["read sheet 'firms', the first of 2"],
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_shape_of_file_gives_the_same_firms_and_says_what_was_assumed(name, tmp_path):
    frame = named_survey().assign(wmedian=lambda table: table["wmedian"] + 0.5)
    frame["region"] = frame["region"].replace("West", "Запад")
    plain, path = tmp_path / "plain.csv", tmp_path / name
    frame.to_csv(plain, index=False)
    WRITERS[name](frame, path)
    expected, found = read_survey(plain), read_survey(path)
    columns = [each for each in load_design().firm_columns if each in expected]
    pd.testing.assert_frame_equal(
        found[columns], expected[columns], check_dtype=False, check_index_type=False
    )
    notes = check_survey(path).notes
    assert [f"{path}: {each}" for each in SAID[name]] == list(notes[: len(SAID[name])])


def test_rows_of_a_workbook_are_numbered_as_the_sheet_has_them(tmp_path):
    frame = named_survey()
    frame.loc[3, "k33"] = 140
    path = tmp_path / "s.xlsx"
    frame.to_excel(path, index=False)
    with pytest.raises(SurveyError, match="row 5, column k33: found 140"):
        read_survey(path)


@pytest.mark.parametrize("name", ["s.csv", "s.tsv"])
def test_bytes_that_are_no_text_are_no_table(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"region,k33\n\xe0\x00\x01,3\n")
    with pytest.raises(InputError, match="no text, expected a table"):
        read_survey(path)
