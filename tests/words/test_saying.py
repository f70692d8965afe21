"""Messages said: values, plurals, English where a language lacks one, and clear refusals."""

import pytest
from helpers import DESIGN, INDICATORS

from kz_spatial.errors import CallError
from kz_spatial.output import Terms
from kz_spatial.words import SHIPPED, catalogue_of, has_words, say


@pytest.mark.parametrize(
    ("language", "n", "told"),
    [
        ("en", 1, "1 firm"),
        ("en", 0, "0 firms"),
        ("en", 1013, "1,013 firms"),
        ("ru", 1, "1 фирма"),
        ("ru", 2, "2 фирмы"),
        ("ru", 5, "5 фирм"),
        ("ru", 11, "11 фирм"),
        ("ru", 21, "21 фирма"),
        ("ru", 112, "112 фирм"),
        ("ru", 1013, "1\u00a0013 фирм"),
        ("kk", 1, "1 фирма"),
        ("kk", 1013, "1\u00a0013 фирма"),
    ],
)
def test_plurals_follow_the_language(language, n, told):
    assert say("report.firms", language, n=n) == told


def test_withheld_cells_name_the_least_number_of_firms():
    assert say("class.suppressed", "en", n=5) == "Withheld (under 5 firms)"
    assert say("class.suppressed", "ru", n=5) == "Скрыто (менее 5 фирм)"
    assert say("class.suppressed", "ru", n=21) == "Скрыто (менее 21 фирмы)"
    assert say("class.suppressed", "kk", n=10) == "Жасырын (фирма саны < 10)"


def test_values_stand_where_the_language_wants_them():
    told = {"indicator": "A", "level": "b"}
    assert say("report.finding.at_level", "ru", **told) == "A b"
    assert say("legend.named_group", "kk", n=2, name="орташа") == "2-топ: орташа"
    # braces of a value stay as they are
    assert say("map.credit", "en", boundaries="{x}", settlements="y").startswith("Boundaries: {x}")


def test_numbers_given_as_numbers_are_written_by_the_language():
    assert say("legend.unstable", "ru", share=0.125) == (
        "класс меняется более чем в 0,125 выборок фирм"
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("report.nothing", "en"), "no message 'report.nothing'"),
        (("report.contents", "de"), "language='de': expected one of 'en', 'ru', 'kk'"),
        (("legend.group", "ru"), "needs a value for n"),
        (("report.firms", "ru"), "needs a whole number n, found None"),
    ],
)
def test_refusals_name_key_and_value(call, words):
    with pytest.raises(CallError) as caught:
        say(*call)
    assert words in str(caught.value)


def test_words_of_the_study_are_in_its_design_and_in_no_catalogue():
    terms = Terms(DESIGN, "kk")
    assert terms.unit("epayment_share") == "сатылымның %-ы"
    assert terms.layer("composites") == "Макроөңірлер"
    with pytest.raises(KeyError, match="nothing"):
        terms.unit("nothing")
    assert has_words("layer.oblasts")
    assert not has_words("layer.composites")
    for language in SHIPPED:
        messages = catalogue_of(language).messages
        assert not [key for key in messages if key.startswith("study.")]
        assert not set(messages) & {f"indicator.{name}" for name in INDICATORS}
