"""The shipped catalogues: the same messages in each, all of them said somewhere, plurals whole."""

import ast
import re

import pytest
from babel import Locale
from helpers import ROOT

from kz_spatial.design import load_design
from kz_spatial.palette import LISA_COLOURS
from kz_spatial.study import GROUPS
from kz_spatial.words import SHIPPED, catalogue_of, languages, placeholders

PACKAGE = ROOT / "kz_spatial"
ENGLISH = catalogue_of("en").messages
# keys that code builds from parts, and nowhere else
BUILT = {
    "format.": ("interval", "range", "half_open", "at_least", "below", "tiny"),
    "class.": (
        *(*LISA_COLOURS, "Hot spot", "Cold spot", "Positive", "Negative"),
        *("good", "fair", "poor", "own firms and model", "model alone"),
    ),
    "method.": ("exact", "monte-carlo"),
    "metadata.classes_": ("rounded", "quantiles", "natural_breaks", "equal_interval"),
    "coding.": ("corrected", "as-published"),
    "disclosure.": ("survey", "open", "guarded", "plain"),
    "criterion.": ("share_explained", "silhouette", "calinski_harabasz", "gap"),
    "statistic.": ("moran", "empirical_bayes", "geary", "getis_ord"),
    "layer.": ("oblasts", "local_moran", "clusters", "density_contours", "settlements"),
    "partition.": (
        *("typology_oblasts", "regions_oblasts", "typology_regions", "regions_regions"),
    ),
    "group.": GROUPS,
    "column.": (
        *("n_firms", "rank", "score_of", "mean", "sd", "se", "n", "missing", "p", "p_min", "p_fdr"),
        *("p_bonferroni", "changes", "unstable", "statistic", "label", "value", "lag"),
        "quadrant",
        *("method", "low", "high", "kato", "geonameid", "is_seat", "latitude", "longitude"),
        *("population", "area_km2", "ci_low", "ci_high", "made_of", "ranks", "funnel", "year"),
        *(
            "valid_from",
            "valid_to",
            "spot",
            "spot_z",
            "beside",
            "beside_p",
            "together",
            "together_p",
        ),
        *("score_se", "rank_low", "rank_high", "tied_group", "precision", "poor", "basis"),
        *("model", "model_se", "model_low", "model_high", "model_precision", "model_basis"),
        "model_poor",
    ),
    "map.": (
        *("theme", "zoom_in", "zoom_out", "metres", "kilometres", "step", "level", "search"),
        *("search_hint", "not_found", "language", "legend", "number_of_groups", "table"),
        *("download_table", "download_picture", "close", "compare", "compare_none", "national"),
        *("small_area", "firms", "score", "rank", "rank_set", "neighbours", "groups_of", "unit"),
        *("class", "shown", "whole_country", "hatched", "map", "card_of"),
    ),
    "map.question.": ("indicators", "modelled", "neighbours", "clusters", "density"),
    "map.partition.": ("typology", "regions"),
    "table.": (
        *("readiness", "regression", "moran", "local_moran", "clusters", "clusters_by_number"),
        *("cluster_choice", "co_membership", "attrition", "replication", "ranks", "small_areas"),
        *("models", "model_groups", "score_sensitivity", "score_variance", "randomisation"),
        *("leave_one_out", "omitted_variable", "mixed_effects", "several_outcomes"),
        *("specifications", "share_model", "quantiles"),
        *("response_bounds", "response_balance", "response_regression"),
        *("values", "years", "changes", "moran_by_year", "reading", "moves"),
        *("local_several", "pairs", "correlogram", "join_counts"),
    ),
    "model.": (
        *("sector", "sector_by_innovation", "permit_by_reliability", "dimensions", "applicants"),
    ),
    "model.group.": ("above", "below"),
    "model.fit.": (
        *("sector", "interaction", "slope by sector", "slope by reliability", "applying"),
        *("applicants", "applicants, without permit days", "all firms, without permit days"),
    ),
    "attrition.": (
        *("item", "indicator", "firms", "answered", *load_design().special_codes.values()),
        *("skipped", "system_missing", "other", "used", "listwise"),
    ),
    "report.": ("group_count", "explained", "distance"),
    "short.": (
        *("who_leads", "who_lags", "how_sure", "near", "goes_with", "has_changed", "to_do"),
        *(f"{end}_{how}" for end in ("leads", "lags") for how in ("one", "few", "many", "unknown")),
        *("unsure", "withheld", "alike", "unlike", "higher", "lower"),
    ),
    "brief.": ("ahead", "behind", "neither"),
    "methods.": ("ranks", "small_areas", "regression", "patterns"),
    "methods.joined_by.": ("code", "coordinates"),
    "area.": ("typology", "regions"),
    "area.class.": ("far above", "above", "within", "below", "far below"),
    "area.finding.": ("kept_same", "kept_part", "kept_not"),
    "area.report.": ("mean", "cv", "order", "low", "middle", "high"),
    "report.finding.": tuple(
        f"{end}{how}" for end in ("first", "last") for how in ("", "_open", "_many")
    ),
    "report.file.": ("package", "map", "briefs", "rasters", "tables", "record"),
    "audit.column.": (
        *("region", "item", "n", "firms", "mean", "sd", "ways", "yes", "no", "dont_know"),
        *("share_yes", "term", "coefficient", "robust_se", "t", "p", "lowest_df", "highest_df"),
        *("n_df", "fewest_answers", "basis", "rank", "groupings", "within_ss", "best_within_ss"),
        *("total_ss", "coding", "inference", "std_error", "ci_low", "ci_high", "n_obs", "table"),
        *("row", "column", "printed", "as_published"),
    ),
    "paper.inference.": ("iid", "hc1", "hc3", "crv1", "crv3", "cr2", "wild"),
    "paper.column.": ("oblast_code", "sector", "size", "foreign_share"),
    "audit.word.": (
        *("infrastructure", "sustainability", "innovation", "governance", "constant"),
        *("printed means", "recovered shares of yes"),
    ),
}
# what is written the same in every language
SHARED = {
    *(f"format.{each}" for each in ("range", "half_open", "at_least", "below", "tiny", "interval")),
    *("partition.of_number", "legend.titled", "legend.about", "column.p_fdr", "report.with_p"),
    *(
        "report.p",
        "report.finding.at_level",
        *("alt.told", "alt.statistic"),
        "report.finding.outcome",
        "audit.column.t",
        "audit.column.p",
    ),
}


def whole_texts(node: ast.expr) -> set[str]:
    """Texts that an expression may be: itself, or either side of a choice."""
    if isinstance(node, ast.IfExp):
        return whole_texts(node.body) | whole_texts(node.orelse)
    known = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if known else set()


def said_in(source: str) -> set[str]:
    """Keys that a file hands to `say`, or to the `say` of its terms, whole."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        name = called.id if isinstance(called, ast.Name) else called
        if name == "say":
            found |= whole_texts(node.args[0])
    return found


def said_by_names(source: str) -> set[str]:
    """Keys that a file assigns first and says later: whole texts that are keys."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and node.value in ENGLISH
    }


def said() -> set[str]:
    """Every key that the package says."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found |= said_in(source)
        if path.parent.name == "output":
            found |= said_by_names(source)
    for path in PACKAGE.rglob("*.j2"):
        found |= set(re.findall(r'say\("([^"]+[^".])"[,)]', path.read_text(encoding="utf-8")))
    return found


BUILT_KEYS = {prefix + part for prefix, parts in BUILT.items() for part in parts}


def test_every_message_is_there_in_every_shipped_language():
    assert languages()[:3] == SHIPPED == ("en", "ru", "kk")
    for language in SHIPPED:
        assert set(catalogue_of(language).messages) == set(ENGLISH), language


def test_no_message_is_unused_and_none_is_said_that_is_not_there():
    found = said()
    assert set(ENGLISH) - found - BUILT_KEYS == set()
    assert (found | BUILT_KEYS) - set(ENGLISH) == set()


def test_the_search_sees_keys():
    told = said_in(
        'say("a.b", x)\nterms.say("c" if x == "no" else "d")\nself.say("e")\nsay(f"g.{h}")\n'
        'f("i")\nf.layer.terms.say("j", n=1)\nsay.other("k")\nself.say()\nsay(row["l"])'
    )
    assert told == {"a.b", "c", "d", "e", "j"}
    assert said_by_names('KEY = "report.contents"\n"report.nothing"') == {"report.contents"}


@pytest.mark.parametrize("prefix", BUILT)
def test_keys_from_parts_are_built_somewhere(prefix):
    sources = [p for kind in ("*.py", "*.j2") for p in PACKAGE.rglob(kind)]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    assert any(f'"{prefix}{{' in t or f'"{prefix}" ~' in t or f"'{prefix}{{" in t for t in texts)


@pytest.mark.parametrize("language", SHIPPED)
def test_values_agree_with_the_english_ones(language):
    for key, message in catalogue_of(language).messages.items():
        forms = message if isinstance(message, dict) else {"": message}
        first = ENGLISH[key]
        assert isinstance(message, dict) == isinstance(first, dict), key
        wanted = placeholders(first["other"] if isinstance(first, dict) else first)
        for form, text in forms.items():
            assert placeholders(text) == wanted, (key, form)


@pytest.mark.parametrize("language", SHIPPED)
def test_plural_forms_are_those_of_the_language(language):
    plurals = [m for m in catalogue_of(language).messages.values() if isinstance(m, dict)]
    assert len(plurals) > 8
    wanted = {"en": {"one", "other"}, "kk": {"one", "other"}}
    four = {"one", "few", "many", "other"}
    assert all(set(each) == wanted.get(language, four) for each in plurals)
    assert Locale.parse(language).plural_form.tags | {"other"} == wanted.get(language, four)


def _texts(language):
    for key, message in catalogue_of(language).messages.items():
        for text in message.values() if isinstance(message, dict) else (message,):
            yield key, text


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_is_left_in_english(language):
    same = {key for key, text in _texts(language) if ENGLISH[key] == text}
    assert same <= SHARED
    for key, text in _texts(language):
        assert key in SHARED or re.search("[а-яёәғқңөұүһі]", text.lower()), key


def test_kazakh_and_russian_are_not_mixed_up():
    kazakh = re.compile("[әғқңөұүһі]", re.IGNORECASE)
    assert [key for key, text in _texts("ru") if kazakh.search(text)] == []
    assert sum(bool(kazakh.search(text)) for _, text in _texts("kk")) > 200
    # Latin look-alikes among Cyrillic letters
    beside = re.compile("[а-яёәғқңөұүһі][a-z]|[a-z][а-яёәғқңөұүһі]")
    for language in ("ru", "kk"):
        assert [key for key, text in _texts(language) if beside.search(text.lower())] == []


@pytest.mark.parametrize("language", SHIPPED)
def test_no_message_counts_what_a_run_decides(language):
    counted = re.compile(r"\b(five|seven|пят|семи|семь|жеті|бес)\b|\b5\b(?! ?%)|\b95\b")
    own = [k for k, t in _texts(language) if not k.startswith("audit.")]
    assert len(own) > 150
    assert [k for k, t in _texts(language) if k in own and counted.search(t.lower())] == []
