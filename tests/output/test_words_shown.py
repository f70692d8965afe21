"""What readers see in each language: legends, tooltips, axes, tables, pages."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import kept_study, table_cells
from markupsafe import Markup

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output import publish
from kz_spatial.output.figures import draw_figures
from kz_spatial.output.layers import describe
from kz_spatial.output.page import code_marked, english, html_table
from kz_spatial.output.qml import raster_style, vector_style
from kz_spatial.output.report_tables import attrition_table
from kz_spatial.output.styles import _clusters
from kz_spatial.output.surface_styles import describe_surface
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_themes import light_frame, make_theme, make_values
from kz_spatial.output.web_units import make_units

NBSP = "\u00a0"
OPTIONS = kz.RunOptions(language="ru", draws=20, permutations=199)


@pytest.fixture(scope="module")
def study():
    return kept_study(OPTIONS)


def _layer(study, name, language="ru", **more):
    layers = describe(study.frames, terms=replace(Terms.of(study, language), **more))
    return next(each for each in layers if each.name == name)


def test_legend_of_settlements_parts_thousands(study):
    labels = [each.label for each in _layer(study, "settlements").styles[0].classes]
    assert labels == [
        f"≥ 1{NBSP}000{NBSP}000",
        f"300{NBSP}000 – <1{NBSP}000{NBSP}000",
        f"100{NBSP}000 – <300{NBSP}000",
        f"30{NBSP}000 – <100{NBSP}000",
        f"< 30{NBSP}000",
    ]
    first = _layer(study, "settlements", "en").styles[0].classes[0]
    assert (first.label, first.low) == ("≥ 1,000,000", 1_000_000)
    last = _layer(study, "settlements").styles[0].classes[-1]
    assert last.holds(0)
    assert last.low == 0


def test_legend_limits_are_those_of_the_class_in_the_language(study):
    for style in _layer(study, "oblasts").styles:
        for each in style.classes:
            if each.low is None:
                continue
            assert ("<" in each.label) != each.last  # limits belong to one class each
            told = each.label.replace("<", "").replace("−", "-").replace(",", ".")
            ends = [float(end) for end in told.split(" – ")]
            assert ends == pytest.approx([each.low, each.high], abs=1e-9)
    readiness = _layer(study, "oblasts").styles[0]
    assert readiness.title == (
        "Индекс готовности (без учёта: Разрешения на строительство), среднее z-оценок"
    )
    regions = _layer(study, "composites").styles[0]
    assert regions.title == "Индекс готовности, среднее z-оценок"
    assert readiness.classes[0].label.startswith("−")


def test_withheld_units_are_told_with_the_least_number_of_firms(study):
    permits = {each.name: each for each in _layer(study, "oblasts", min_firms=10).styles}
    assert permits["permit_days"].classes[-1].label == "Скрыто (менее 10 фирм)"
    local = {s.name: s for s in _layer(study, "local_moran", "kk", min_firms=7).styles}
    labels = {each.value: each.label for each in local["permit_days"].classes}
    assert labels["suppressed"] == "Жасырын (фирма саны < 7)"


def test_columns_are_called_by_the_language(study):
    aliases = _layer(study, "local_moran").aliases
    assert aliases["name_ru"] == "Название"
    assert aliases["name_kk"] == "Название (қазақша)"
    assert aliases["epayment_share_p_min"] == "Электронные платежи: наименьшее возможное p"
    assert _layer(study, "clusters", "en").aliases["typology_composite_k4"] == (
        "Typology of the 7 regions, k = 4"
    )


def test_tooltips_leave_out_what_the_legend_names(study):
    layer = _layer(study, "local_moran")
    style = next(each for each in layer.styles if each.name == "co2_monitoring")
    heads = [layer.heading(column, style) for column in style.tooltip]
    assert heads[:4] == ["Название", "класс", "значение", "локальный I"]
    other = next(each for each in layer.styles if each.name == "permit_days")
    assert layer.heading("co2_monitoring_p", other) == "Мониторинг CO₂: p, двусторонний"


def test_each_tooltip_of_the_map_has_the_numbers_of_its_unit(study):
    layer = _layer(study, "oblasts")
    frame, key, column = light_frame(layer)
    theme = make_theme([layer], 0, frame, key)
    units, values = make_units([layer], frame, column), make_values([layer], frame)
    table = study.tables["oblast"]
    for i, code in enumerate(units["codes"]):
        shown = {heading: values[name][i] for name, heading in theme["columns"]}
        score = f"{table.loc[code, 'readiness']:.3g}".replace("-", "−").replace(".", ",")
        assert shown["Индекс готовности (без учёта: Разрешения на строительство)"] == score
        assert shown["Место"] == str(table.loc[code, "rank"])
        assert units["names"][i] == kz.oblasts()["name_ru"][code]


def test_the_report_shows_the_reasons_that_occur(study):
    table = study.attrition.astype({"refused": int})
    table[["dont_know", "refused", "does_not_apply", "still_in_process"]] = 0
    table[["application_denied", "not_applicable"]] = 0
    table.loc["g3", "refused"] = 7
    shown = str(attrition_table(publish(replace(study, attrition=table)), Terms.of(study, "en")))
    heads, rows = table_cells(shown)
    assert "Refused" in heads
    assert not {"Don&#39;t know", "Does not apply", "Still in process"} & set(heads)
    assert heads[-3:] == ["Blank", "Used", "Complete so far"]
    assert rows[-1][heads.index("Refused")] == "7"


def test_styles_of_qgis_write_numbers_by_the_language(study):
    layer = _layer(study, "settlements")
    text = vector_style(layer, layer.styles[0])
    assert """format_number("population", 0, 'ru')""" in text
    surface = study.surfaces["firms"]
    style = describe_surface(surface, terms=Terms.of(study, "ru"))
    low = f"{style.classes[0].low:g}".replace(".", ",")
    assert f'label="&lt; {low}"' in raster_style(style, language="ru")
    assert style.title == "Плотность фирм, фирм на 1000 км²"


def test_figures_write_numbers_by_the_language(study):
    figures = dict(draw_figures(publish(study), Terms.of(study)))
    made = figures["regional_comparison"]
    made.canvas.draw()
    ticks = [t.get_text() for t in made.axes[0].get_xticklabels()]
    assert sum("," in each for each in ticks) >= 2
    assert not any("." in each for each in ticks)
    assert made.axes[0].get_yticklabels()[0].get_text() == "Запад"
    shares = [t.get_text() for t in figures["co_membership"].axes[0].texts]
    assert shares[0] == f"100{NBSP}%"
    told = [t.get_text() for ax in figures["moran_scatter"].axes for t in ax.texts]
    first = study.moran["oblast", "outages_per_month"]
    sign = "−" if first.statistic < 0 else ""
    assert any(
        t.startswith(f"I = {sign}{abs(first.statistic):.2f}".replace(".", ",")) for t in told
    )
    assert any(f"средние 95{NBSP}% выборок" in t for t in told)
    density = figures["density_firms"].axes[0].get_title(loc="left")
    assert density == "Плотность фирм, фирм на 1000 км² (h = 75 км)"
    distribution = figures["distributions"].axes[0].get_xlabel()
    assert distribution == f"% продаж (n = 1{NBSP}013)"


def test_terms():
    english, russian, kazakh = (Terms.of_paper(language) for language in ("en", "ru", "kk"))
    assert kazakh.by_level("composite") == "өңірлер бойынша"
    assert kazakh.units("composite") == "Макроөңірлер"
    assert russian.partition("regions_oblast_k5") == "Смежные группы областей, k = 5"
    name = "bivariate Moran's I, neighbours' permit_days"
    assert english.statistic(name) == (
        "Bivariate Moran's I, neighbours' values of “Construction permits”"
    )
    assert russian.statistic("Somebody's S") == "Somebody's S"
    assert russian.stored("monte-carlo") == "Монте-Карло"
    assert russian.stored("KZ-10") is None
    assert russian.unit("epayment_share") == "% продаж"
    assert russian.unit("firms") == "фирм на 1000 км²"
    assert [english.shown_unit(i) for i in ("co2_monitoring", "permit_days")] == [
        *("%", "days to obtain")
    ]
    assert english.group(3, 3) == "Group 3: low readiness"
    assert english.group(3, 4) == "Group 3"


def test_pages_escape_what_they_are_given():
    assert code_marked("a < `b<c`") == Markup("a &lt; <code>b&lt;c</code>")
    assert english("<i>") == Markup('<span lang="en">&lt;i&gt;</span>')
    rows = [["<b>", 1234, -0.5, Markup("<u>x</u>")]]
    table = html_table(rows, ["<h>", "n", "v", "m"], "ru")
    assert '<th scope="col">&lt;h&gt;</th>' in table
    assert '<th scope="row">&lt;b&gt;</th>' in table
    assert f"<td>1{NBSP}234</td><td>−0,5</td>" in table
    assert '<td class="text"><u>x</u></td>' in table
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [0.25, float("nan")]})
    assert '<th scope="row">1</th><td>0.25</td></tr>' in html_table(frame, ["a", "b"], "en")
    assert html_table(frame, ["a", "b"], "en").count(">–<") == 2


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["12 is the only number that all five rows allow.", "<td>−4.10</td>"]),
        ("ru", ["12 — единственное число", "<td>−4,10</td>", "город Алматы", "Казахстан"]),
        ("kk", ["жалғыз сан: 12.", "<td>−4,10</td>", "Алматы қаласы", "1-кесте"]),
    ],
)
def test_audit_speaks_each_language(tmp_path, language, told):
    found = kz.write_audit(out=tmp_path / language, language=language)
    page = (tmp_path / language / "audit.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}" dir="ltr">' in page
    for each in told:
        assert each in page, each
    counted = re.search(r"<td>393</td><td>617</td><td>3</td><td>0[.,]389</td>", page)
    assert counted, "the national row of ge7"
    assert len(found.numbers) == 102
    record = json.loads((tmp_path / language / "run.json").read_text(encoding="utf-8"))
    assert record["synthetic"] is True


def test_a_language_that_is_not_there_is_refused_before_any_work(study, tmp_path):
    for call in (
        lambda: describe(study.frames, terms=Terms.of(study, "de")),
        lambda: kz.folium_map(study, language="de"),
        lambda: kz.write_audit(out=tmp_path / "x", language="de"),
        lambda: kz.run_study(options=kz.RunOptions(language="de")),
    ):
        with pytest.raises(CallError) as caught:
            call()
        assert "language='de': expected one of 'en', 'ru', 'kk'" in str(caught.value)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("scores", "named"),
    [
        ([3.0, 2.0, 1.0, 0.5], True),
        ([3.0, 1.0, 2.0, 0.5], False),  # the lower of group 1 below the higher of group 2
        ([3.0, 2.0, 2.0, 0.5], False),
        ([3.0, 2.0, np.nan, 0.5], False),
    ],
)
def test_groups_bear_the_names_of_the_score_where_scores_do_not_overlap(study, scores, named):
    terms = Terms.of(study, "en")
    frame = pd.DataFrame({"typology_oblast": [1, 1, 2, 3], "readiness_oblast": scores})
    labels = [each.label for each in _clusters(frame, "typology_oblast", terms).classes]
    plain = ["Group 1", "Group 2", "Group 3"]
    full = ["Group 1: high readiness", "Group 2: moderate readiness", "Group 3: low readiness"]
    assert labels == (full if named else plain)
    assert _clusters(frame, "typology_oblast", terms).tooltip[-1] == "readiness_oblast"
