"""Tables that cannot be read: one line that names the file and what was found."""

import pytest
from table_cases import CODES, ENGLISH, RUSSIAN, plain_rows, write_book, write_lines

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError


def shifted():
    return [["a", "b", "x"], *(
        [RUSSIAN[CODES[i]], ENGLISH[CODES[(i + 1) % 20]], i * 1.5] for i in range(20)
    )]  # fmt: skip


BAD = {
    "no unit": ([["Region", "x"], ["Москва", 5], ["Тверь", 6]], "no column with names or codes"),
    "two columns": (shifted(), "columns A and B both name units, and not the same ones"),
    "all totals": ([["Region", "x"], ["Казахстан", 5]], "only totals of the country"),
    "a year twice": (
        [["Region", 2020, 2020], *([ENGLISH[c], 1, 2] for c in CODES)],
        "heading '2020': stands there twice",
    ),
    "text": ([["Region", "x"], *([n, "много"] for n in ENGLISH.values())], "no column of numbers"),
    "empty": ([], "no cell with a value"),
    "unit twice": (
        [*plain_rows(), ["Akmola", 3]],
        r"rows 3 \('Akmola Region'\) and 22 \('Akmola'\)",
    ),
    "in a sum and by itself": (
        [["Region", "x"], ["East Kazakhstan+Abay", 9], ["Abay", 2], ["Akmola", 1]],
        r"rows 2 \('East Kazakhstan\+Abay'\) and 3 \('Abay'\): both count Abai Region",
    ),
    "a misprint": ([*plain_rows()[:-1], ["Shimkemt", 3]], "row 21: unknown region 'Shimkemt'"),
    "a region of several": ([*plain_rows()[:-1], ["Center", 3]], "row 21: 'Center': a region of"),
    "formulas": ([*plain_rows()[:-1], ["Shymkent", "=1+1"]], "cell B21: formulas without a value"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_one_line(tmp_path, name):
    rows, told = BAD[name]
    path = write_book(tmp_path / "bad.xlsx", rows)
    with pytest.raises(InputError, match=told) as caught:
        kz.read_area_table(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line


def test_a_table_of_thirty_thousand_rows_is_refused_early(tmp_path):
    lines = ["Region;x", *("Akmola;1" for _ in range(30_000))]
    with pytest.raises(InputError, match="found 30,001 rows, expected a table of units"):
        kz.read_area_table(write_lines(tmp_path / "t.csv", *lines))


def test_a_workbook_behind_a_password(tmp_path):
    path = tmp_path / "locked.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(InputError, match="is protected by a password"):
        kz.read_area_table(path)


def test_a_damaged_workbook(tmp_path):
    path = write_book(tmp_path / "t.xlsx", plain_rows())
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cannot be read as \.xlsx"):
        kz.read_area_table(path)


@pytest.mark.parametrize(
    ("name", "told"),
    [("t.pdf", "cannot read '.pdf'"), ("none.csv", "no such file"), (".", "a folder")],
)
def test_what_is_no_table(tmp_path, name, told):
    (tmp_path / "t.pdf").write_text("x")
    with pytest.raises(CallError, match=told):
        kz.read_area_table(tmp_path / name)
