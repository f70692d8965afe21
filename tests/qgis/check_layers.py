"""Layers of a GeoPackage as QGIS shows them on opening: styles, legends, names, words, sources."""

import re
import time
from collections import Counter
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsRuleBasedRenderer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize

from maps import (
    CRS,
    EXTENT,
    REFERENCE_SIZE,
    REFERENCE_STYLES,
    REFERENCES,
    SIZE,
    class_rules,
    doubt_rule,
    feature_colours,
    heading,
    layer,
    layers,
    own_styles,
    picture,
    reference_errors,
    reference_layer,
    reference_picture,
    share_errors,
    with_style,
)

TABLES = {
    "oblasts": 20,
    "composites": 7,
    "local_moran": 20,
    "clusters": 20,
    "density_contours": None,
    "settlements": None,
}
# groups: four of the number asked for, then the other numbers: 2 to 6 of 7 units, 2 to 8 of 20
N_STYLES = {
    "oblasts": 10,
    "composites": 6,
    "local_moran": 10,
    "clusters": 4 + 4 + 6,
    "density_contours": 1,
    "settlements": 1,
}
# the four classes of local Moran stay in the legend so that colours never drift
MAY_BE_EMPTY = {
    *("Hot spot", "Cold spot", "Горячая точка", "Холодная точка", "Ыстық нүкте", "Суық нүкте"),
    "High–High",
    "Low–Low",
    "High–Low",
    "Low–High",
    "Высокое–высокое",
    "Низкое–низкое",
    "Высокое–низкое",
    "Низкое–высокое",
    "Жоғары–жоғары",
    "Төмен–төмен",
    "Жоғары–төмен",
    "Төмен–жоғары",
}


def _geopackages(settings):
    return [str(Path(settings["bundle"]) / "kz_spatial.gpkg"), *settings["translated"].values()]


def _context(one, feature):
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(one))
    context.setFeature(feature)
    return context


def check_every_layer_is_valid_and_full(settings):
    for path in _geopackages(settings):
        found = layers(path)
        assert set(found) == set(TABLES), set(found)
        for name, one in found.items():
            assert one.isValid(), name
            expected = TABLES[name]
            assert one.featureCount() == expected if expected else one.featureCount() > 3, name


def check_layers_open_with_the_rule_based_style(settings):
    for path in _geopackages(settings):
        for name, one in layers(path).items():
            assert one.renderer().type() == "RuleRenderer", (name, one.renderer().type())
            assert heading(one) not in ("", name), f"{name}: legend has no title"
            assert len(class_rules(one)) >= 3, name
    first = {name: heading(one) for name, one in layers(_geopackages(settings)[0]).items()}
    assert first == {
        "oblasts": "Readiness score (without Construction permits), mean z-score",
        "composites": "Readiness score, mean z-score",
        "local_moran": "Local Moran: Electronic payments",
        "clusters": "Typology of the 7 regions",
        "density_contours": "Density of firms, firms per 1000 km²",
        "settlements": "Settlements, people",
    }, first


def check_every_style_is_listed_and_loads(settings):
    path = _geopackages(settings)[0]
    for name, count in N_STYLES.items():
        one = layer(path, name)
        styles = own_styles(one)
        assert len(styles) == count, (name, list(styles))
        assert len(set(styles)) == len(styles)
        headings = {heading(with_style(layer(path, name), text)) for text in styles.values()}
        assert len(headings) == count, (name, headings)


def check_classes_hold_every_feature_once_and_none_is_empty(settings):
    for path in _geopackages(settings):
        for name in TABLES:
            one = layer(path, name)
            for title, text in own_styles(one).items():
                with_style(one, text)
                counts = dict.fromkeys((r.label() for r in class_rules(one)), 0)
                for feature in one.getFeatures():
                    held = [
                        r.label()
                        for r in class_rules(one)
                        if QgsExpression(r.filterExpression()).evaluate(_context(one, feature))
                    ]
                    assert len(held) == 1, (name, title, feature.id(), held)
                    counts[held[0]] += 1
                empty = {label for label, n in counts.items() if n == 0}
                assert empty <= MAY_BE_EMPTY, (name, title, empty)


def check_classes_differ_in_colour_and_hatch(settings):
    path = _geopackages(settings)[0]
    for name in TABLES:
        one = layer(path, name)
        for title, text in own_styles(one).items():
            with_style(one, text)
            looks = [
                (
                    r.symbol().color().name(),
                    r.symbol().symbolLayerCount(),
                    r.symbol().size() if name == "settlements" else 0,
                )
                for r in class_rules(one)
            ]
            assert len(set(looks)) == len(looks), (name, title, looks)


def check_withheld_and_unreachable_are_hatched(settings):
    path = _geopackages(settings)[0]
    seen = {}
    for name in ("oblasts", "local_moran"):
        one = layer(path, name)
        for text in own_styles(one).values():
            with_style(one, text)
            for rule in class_rules(one):
                kinds = [each.layerType() for each in rule.symbol().symbolLayers()]
                seen.setdefault(rule.label(), []).append(kinds.count("LinePatternFill"))
    assert set(seen["Withheld (under 5 firms)"]) == {1}, seen
    assert set(seen["Cannot be significant"]) == {2}, seen
    assert set(seen["Not significant"]) == {0}, seen
    one = layer(path, "oblasts")
    with_style(one, own_styles(one)["Construction permits, days to obtain"])
    withheld = next(r for r in class_rules(one) if r.label().startswith("Withheld"))
    red, green, blue = withheld.symbol().color().getRgb()[:3]
    assert red == green == blue, "withheld cells are grey"


def check_labels_are_names_in_the_language(settings):
    wanted = {
        "en": ("Abai Region", "Astana"),
        "ru": ("область Абай", "Астана"),
        "kk": ("Абай облысы", "Астана"),
    }
    for language, path in [("en", _geopackages(settings)[0]), *settings["translated"].items()]:
        for name in ("oblasts", "composites", "local_moran", "clusters", "settlements"):
            one = layer(path, name)
            for text in own_styles(one).values():
                with_style(one, text)
                assert one.labelsEnabled()
                label = one.labeling().settings()
                # names on full outlines take seconds to place, so outlines are simplified for them
                assert label.geometryGeneratorEnabled == (name != "settlements"), name
                style = label.format()  # each must outlive what is asked of it
                assert style.buffer().enabled(), name
                expression = label.getLabelExpression()
                texts = [str(expression.evaluate(_context(one, f))) for f in one.getFeatures()]
                assert not expression.hasEvalError(), expression.evalErrorString()
                fields = set(one.fields().names())
                for each in texts:
                    assert each.split("\n")[0] not in fields | {"", "false", "0", "NULL", "None"}
                if name == "oblasts":
                    assert set(wanted[language]) <= set(texts), (language, texts)


def check_local_moran_writes_letters_on_the_map(settings):
    one = layer(_geopackages(settings)[0], "local_moran")
    label = one.labeling().settings()  # must outlive its expression
    expression = label.getLabelExpression()
    feature = next(one.getFeatures())
    name = feature["name_en"]
    for stored, letters in (
        ("High-High", "HH"),
        ("Low-Low", "LL"),
        ("High-Low", "HL"),
        ("Low-High", "LH"),
        ("not significant", ""),
    ):
        feature["epayment_share_label"] = stored
        for unstable, mark in ((False, ""), (True, "?"), (None, "")):
            feature["epayment_share_unstable"] = unstable
            sign = letters + mark
            wanted = f"{name}\n{sign}" if sign else name
            assert expression.evaluate(_context(one, feature)) == wanted, (stored, unstable)


def check_the_mark_of_doubt_is_explained_in_the_legend(settings):
    for path, word in zip(
        _geopackages(settings), ("draws", "выборок", "іріктемелердің"), strict=True
    ):
        one = layer(path, "local_moran")
        told = {n: text for n, text in own_styles(one).items() if not n.endswith("(G*)")}
        assert len(told) == 5
        for text in told.values():
            with_style(one, text)
            last = one.renderer().rootRule().children()[-1]
            assert last.symbol() is None
            assert last.label().startswith("? "), last.label()
            assert word in last.label()
    marked = sum(bool(f["product_innovation_unstable"]) for f in one.getFeatures())
    assert 0 < marked < 20, "the twin has units in doubt and others"


def check_settlement_names_wait_for_the_scale(settings):
    one = layer(_geopackages(settings)[0], "settlements")
    label = one.labeling().settings()
    assert label.scaleVisibility
    assert label.minimumScale == 6_000_000
    key = next(
        k for k in label.propertyDefinitions() if label.propertyDefinitions()[k].name() == "Show"
    )
    shown = label.dataDefinedProperties().property(key)
    at = {}
    for scale in (5_000_000, 3_000_000, 1_000_000):
        number = 0
        for feature in one.getFeatures():
            context = _context(one, feature)
            context.lastScope().setVariable("map_scale", scale)
            number += bool(shown.value(context)[0])
        at[scale] = number
    assert 0 < at[5_000_000] < at[3_000_000] < at[1_000_000] == one.featureCount(), at


def check_columns_have_readable_names_and_values(settings):
    for path in _geopackages(settings):
        for name, one in layers(path).items():
            for i, field in enumerate(one.fields()):
                alias = one.attributeAlias(i)
                if field.name() != "fid":
                    assert alias, (name, field.name())
                    assert alias not in (field.name(), field.name().replace("_", " ")), alias
            hidden = {c.name: c.hidden for c in one.attributeTableConfig().columns()}
            assert hidden["fid"], f"{name}: row numbers are shown"
            visible = [k for k, off in hidden.items() if k and not off]
            assert set(visible) == set(one.fields().names()) - {"fid"}, name
            assert visible[0].startswith(("name_", "low")), (name, visible[0])
        moran = layer(path, "local_moran")
        widget = moran.editorWidgetSetup(moran.fields().indexOf("epayment_share_label"))
        assert widget.type() == "ValueMap"


def check_map_tips_read_well(settings):
    for path in _geopackages(settings):
        for name, one in layers(path).items():
            feature = next(one.getFeatures())
            text = QgsExpression.replaceExpressionText(one.mapTipTemplate(), _context(one, feature))
            assert "[%" not in text, (name, text)
            assert "false" not in text.lower(), (name, text)
            assert "_" not in text, (name, text)
            assert "<table>" in text
            if name == "oblasts":
                score = f"{round(feature['readiness'], 3):g}".replace("-", "−")
                if "name_en" not in one.displayExpression():  # the two others write a comma
                    score = score.replace(".", ",")
                for told in (
                    score,
                    str(feature["n_firms"]),
                    one.attributeDisplayName(one.fields().indexOf("readiness")),
                ):
                    assert f">{told}<" in text, (told, text)
            assert one.displayExpression() not in ("", '"fid"')


def _hatched(one):
    """Features that the legend's note hatches, and what it says below the note."""
    rule = doubt_rule(one)
    if rule is None:
        return set(), ""
    kinds = [each.layerType() for each in rule.symbol().symbolLayers()]
    assert kinds == ["LinePatternFill"], "the hatch hides the colour below it"
    condition = QgsExpression(rule.filterExpression())
    held = (f for f in one.getFeatures() if condition.evaluate(_context(one, f)))
    return {f["oblast_code"] for f in held}, rule.label()


def check_estimates_that_are_not_reliable_are_hatched(settings):
    labels = {
        "en": "hatched: estimate not reliable",
        "ru": "штриховка: оценка ненадёжна",
    }
    for language, path in [("en", _geopackages(settings)[0]), *settings["translated"].items()]:
        one, seen = layer(path, "oblasts"), 0
        for title, text in own_styles(one).items():
            with_style(one, text)
            column = class_rules(one)[0].filterExpression().split('"')[1]
            marked = column.removesuffix("_mean") + "_poor"
            found, label = _hatched(one)
            wanted = {
                f["oblast_code"]
                for f in one.getFeatures()
                if marked in one.fields().names() and f[marked] is True
            }
            assert found == wanted, (title, found, wanted)
            assert label == (labels.get(language, label) if wanted else ""), (title, label)
            seen += bool(wanted)
        assert seen >= 4, seen
        local = layer(path, "local_moran")
        for text in own_styles(local).values():
            assert _hatched(with_style(local, text))[0] == set(), "marks of draws are no errors"
    one = layer(_geopackages(settings)[0], "oblasts")
    style = own_styles(one)["Power outages, outages a month"]
    pictures = []
    for each in (style, style.replace('symbol="doubt"', "")):
        with_style(one, each).setLabelsEnabled(False)
        pictures.append(reference_picture([one]).copy())
    assert pictures[0] != pictures[1], "the hatch is in the legend and not on the map"


def check_dragged_layers_write_each_name_once(settings):
    """All six layers on, as QGIS names those of a file that was dragged in, or a browser's item."""
    path = _geopackages(settings)[0]
    project = QgsProject.instance()
    for prefix in ("kz_spatial — ", ""):
        project.clear()
        order = ("oblasts", "composites", "local_moran", "clusters", "density_contours")
        shown = [QgsVectorLayer(f"{path}|layername={n}", f"{prefix}{n}", "ogr") for n in order]
        for each in shown:
            project.addMapLayer(each)
        counts = {}
        for first in range(4):
            below = shown[first:]
            counts[order[first]] = _names_on(below)
        assert counts["oblasts"].keys() == {"oblasts"}, (prefix, counts)
        assert counts["composites"].keys() == {"composites"}, counts
        assert counts["local_moran"].keys() == {"local_moran"}, counts
        assert counts["clusters"].keys() == {"clusters"}, counts
        assert counts["oblasts"]["oblasts"] >= 17, counts
        # a density is no map of units, so names stay below it
        assert _names_on([shown[4], shown[0]]).keys() == {"oblasts"}
    project.clear()


def _names_on(shown):
    """How many names each layer writes on a map, by table."""
    view = QgsMapSettings()
    view.setLayers(shown)
    view.setDestinationCrs(QgsCoordinateReferenceSystem.fromProj(CRS))
    view.setExtent(EXTENT)
    view.setOutputSize(QSize(*SIZE))
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(view))
    view.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(view)
    job.start()
    job.waitForFinished()
    found = Counter(each.layerID for each in job.takeLabelingResults().allLabels())
    tables = {each.id(): each.source().rpartition("=")[2] for each in shown}
    return Counter({tables[key]: n for key, n in found.items()})


def _tip_rows(one, feature, title):
    """Values of a map tip by their headings, below the heading of the legend."""
    text = QgsExpression.replaceExpressionText(one.mapTipTemplate(), _context(one, feature))
    assert f"</b><br>{title}<table>" in text, text
    return dict(re.findall(r"<tr><td>(.*?)</td><td><b>(.*?)</b></td></tr>", text))


def check_map_tips_tell_unit_n_interval_and_rank_set(settings):
    """Against the columns themselves, the interval by 1.96 errors, cut at what a share can be."""
    one, cut = layer(_geopackages(settings)[0], "oblasts"), 0
    for title, name, most in (
        ("Electronic payments, % of sales", "epayment_share", 100),
        ("CO₂ monitoring, share of firms", "co2_monitoring", 1),
    ):
        with_style(one, own_styles(one)[title])
        for feature in one.getFeatures():
            rows = _tip_rows(one, feature, title)
            assert rows["answers"] == str(feature[f"{name}_n"]), rows
            mean, half = feature[f"{name}_mean"], 1.959964 * feature[f"{name}_se"]
            low, high = (float(each) for each in rows["95% interval"].split(" to "))
            assert abs(low - max(0, mean - half)) < 0.0006, (mean, half, rows)
            assert abs(high - min(most, mean + half)) < 0.0006, (mean, half, rows)
            cut += high == most or low == 0
    assert cut, "no interval ends where a share does"
    title, text = next(iter(own_styles(one).items()))
    with_style(one, text)
    for feature in one.getFeatures():
        rows = _tip_rows(one, feature, title)
        assert rows["best rank it may have"] == str(feature["rank_low"]), rows
        assert rows["worst rank it may have"] == str(feature["rank_high"]), rows


def check_map_tips_tell_why_a_value_is_withheld(settings):
    one = layer(_geopackages(settings)[0], "oblasts")
    title = "Construction permits, days to obtain"
    with_style(one, own_styles(one)[title])
    reasons = Counter()
    for feature in one.getFeatures():
        rows = _tip_rows(one, feature, title)
        if isinstance(feature["permit_days_mean"], float):
            continue
        nobody = feature["permit_days_n"] == 0
        told = "no firm answered" if nobody else "Withheld (under 5 firms)"
        assert rows["mean"] == told, (feature["permit_days_n"], rows)
        assert rows["95% interval"] == "–", rows
        reasons[told] += 1
    assert len(reasons) == 2, reasons


def check_metadata_tells_source_coding_twin_and_licence(settings):
    for path in _geopackages(settings):
        for name, one in layers(path).items():
            told = one.metadata()
            assert told.title(), name
            limits = {"eng": "quantiles", "rus": "квантили", "kaz": "квантильдер"}
            named = limits[told.language()] in told.abstract()
            assert named == (name in ("oblasts", "composites")), (name, told.abstract())
            twin = {
                "eng": "synthetic twin",
                "rus": "синтетический двойник",
                "kaz": "синтетикалық егіз",
            }
            assert told.rights() == [twin[told.language()]]
            assert "GeoNames (CC BY 4.0)" in told.licenses()[0]
            words = [w for group in told.keywords().values() for w in group]
            coded = {
                "eng": "coding: corrected",
                "rus": "кодирование: исправленное",
                "kaz": "кодтау: түзетілген",
            }
            assert coded[told.language()] in words, words
            assert "kz-spatial" in told.history()[0]


def check_surfaces_style_themselves(settings):
    found = sorted(Path(settings["bundle"]).glob("density_*.tif"))
    assert len(found) == 2
    for file in found:
        one = QgsRasterLayer(str(file), file.stem)
        assert one.isValid()
        assert one.renderer().type() == "singlebandpseudocolor", file.name
        shown = one.renderer().legendSymbologyItems()
        assert len(shown) >= 4, file.name
        assert one.renderer().band() == 1
        assert ", " in one.bandName(1), "unit in the legend"
        image = picture([one])
        wanted = {colour.name() for _, colour in shown if colour.alpha() == 255}
        assert len(wanted) >= 4
        grey = image.copy().convertToFormat(image.Format.Format_Grayscale8)
        drawn = sum(
            grey.pixelColor(x, y).red() < 250
            for x in range(0, image.width(), 7)
            for y in range(0, image.height(), 7)
        )
        assert drawn > 300, f"{file.name}: next to nothing is drawn"


def check_every_layer_draws_with_its_names_and_is_measured(settings):
    for name, one in layers(_geopackages(settings)[0]).items():
        started = time.perf_counter()
        drawn = picture([one])
        took = time.perf_counter() - started
        settings["measured"][f"draw {name} ms"] = round(1000 * took)
        assert not drawn.isNull(), name


def _themes(settings):
    path = _geopackages(settings)[0]
    for name, style in (
        ("oblasts", "Readiness score (without Construction permits), mean z-score"),
        ("oblasts", "Construction permits, days to obtain"),
        ("composites", "Power outages, outages a month"),
        ("local_moran", "Power outages"),
        ("clusters", "Typology of the 7 regions"),
        ("density_contours", "Density of firms, firms per 1000 km²"),
    ):
        one = layer(path, name)
        yield style, with_style(one, own_styles(one)[style])


def check_pictures_have_each_class_in_its_share(settings):
    for title, one in _themes(settings):
        one.setLabelsEnabled(False)  # names would cover part of the colours
        image = picture([one])
        image.save(str(Path(settings["tmp"]) / f"{one.name()} {title[:12]}.png"))
        faults = share_errors(one, image)
        assert not faults, (title, faults)


def check_the_measure_of_pictures_sees_faults(settings):
    for title, one in _themes(settings):
        assert share_errors(one, picture([])), f"{title}: an absent layer goes unseen"
        bare = QgsVectorLayer(one.source(), "bare", "ogr")
        bare.setRenderer(QgsSingleSymbolRenderer.defaultRenderer(bare.geometryType()))
        assert share_errors(one, picture([bare])), f"{title}: an unstyled layer goes unseen"


def check_class_rules_leave_out_the_heading_and_notes(settings):
    one = layer(_geopackages(settings)[0], "oblasts")
    before = [rule.label() for rule in class_rules(one)]
    root = one.renderer().rootRule()
    root.appendChild(QgsRuleBasedRenderer.Rule(None, 0, 0, "FALSE", "A note"))
    assert root.children()[-1].label() == "A note"
    assert [rule.label() for rule in class_rules(one)] == before
    assert heading(one) not in before


def _references(settings):
    path = _geopackages(settings)[0]
    for stem in REFERENCE_STYLES:
        yield stem, reference_layer(path, stem)


def check_stored_pictures_are_those_of_the_list(settings):
    assert {file.stem for file in REFERENCES.glob("*.png")} == set(REFERENCE_STYLES)


def check_pictures_are_like_the_stored_ones(settings):
    for stem, one in _references(settings):
        image = reference_picture([one])
        image.save(str(Path(settings["tmp"]) / f"{stem}.png"))
        faults = reference_errors(stem, image)
        assert not faults, f"{faults}; where it should, run tests/reference/qgis_maps/make.py"


def check_stored_pictures_bear_half_a_pixel_and_rough_outlines(settings):
    half = EXTENT.width() / REFERENCE_SIZE[0] / 2
    moved = QgsRectangle(
        EXTENT.xMinimum() + half,
        EXTENT.yMinimum() + half,
        EXTENT.xMaximum() + half,
        EXTENT.yMaximum() + half,
    )
    for stem, one in _references(settings):
        assert not reference_errors(stem, reference_picture([one], extent=moved))
        assert not reference_errors(stem, reference_picture([one], smooth=False))


def check_stored_pictures_show_a_missing_layer(settings):
    for stem in REFERENCE_STYLES:
        assert reference_errors(stem, reference_picture([])), f"{stem}: goes unseen"


def check_stored_pictures_show_a_layer_without_classes(settings):
    """In whatever colour: that of each class, so also of the largest, where least is changed."""
    for stem, one in _references(settings):
        rules = class_rules(one)
        assert len(rules) >= 3, stem
        for rule in rules:
            bare = QgsVectorLayer(one.source(), "bare", "ogr")
            bare.setLabelsEnabled(False)
            bare.setRenderer(QgsSingleSymbolRenderer(rule.symbol().clone()))
            faults = reference_errors(stem, reference_picture([bare]))
            assert faults, f"{stem}: all in the colour of {rule.label()!r} goes unseen"


def _repainted(before, after):
    """Share of the picture that gets a colour well apart from the one it had."""
    return sum(
        share for key, (colour, share) in before.items() if abs(colour - after[key][0]).max() > 40
    )


def check_stored_pictures_show_another_style_of_the_layer(settings):
    """Where styles differ by more than a city: two numbers of groups may differ in one alone."""
    for stem, one in _references(settings):
        before, judged = feature_colours(one), []
        for title, text in own_styles(one).items():
            with_style(one, text)
            one.setLabelsEnabled(False)
            if _repainted(before, feature_colours(one)) < 0.02:
                continue
            judged.append(title)
            faults = reference_errors(stem, reference_picture([one]))
            assert faults, f"{stem}: in the style {title!r} goes unseen"
        assert REFERENCE_STYLES[stem][1] not in judged
        # densities have one style
        assert judged or stem == "density_contours", stem
        settings["measured"][f"styles told from {stem}"] = len(judged)


def check_stored_pictures_show_classes_in_reverse(settings):
    for stem, one in _references(settings):
        rules = class_rules(one)
        symbols = [rule.symbol().clone() for rule in rules]
        for rule, symbol in zip(rules, reversed(symbols), strict=True):
            rule.setSymbol(symbol)
        assert reference_errors(stem, reference_picture([one])), f"{stem}: goes unseen"


def check_hot_spots_are_drawn_beside_local_moran(settings):
    """A style of each indicator, in words of the language; every feature falls in one class."""
    words = {"en": ("Hot spot", "hot spots (G*)"), "ru": ("Горячая точка", "горячие точки (G*)")}
    words["kk"] = ("Ыстық нүкте", "ыстық нүктелер (G*)")
    packages = {"en": str(Path(settings["bundle"]) / "kz_spatial.gpkg"), **settings["translated"]}
    for code, (hot, title) in words.items():
        one = layer(packages[code], "local_moran")
        styles = own_styles(one)
        spots = [name for name in styles if name.endswith(title)]
        assert len(spots) == 5, (code, list(styles))
        assert len(styles) == 10
        for name in spots:
            with_style(one, styles[name])
            rules = class_rules(one)
            assert hot in [rule.label() for rule in rules], (code, name)
            held = [f.id() for r in rules for f in one.getFeatures(r.filterExpression())]
            assert sorted(held) == sorted(f.id() for f in one.getFeatures()), (code, name)
    with_style(one, next(styles[name] for name in spots if name.startswith("Өнім инновациясы")))
    image = picture([one])
    image.save(str(Path(settings["tmp"]) / "hot spots.png"))
    assert not share_errors(one, image)
