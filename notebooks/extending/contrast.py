"""A layer of one's own: how far each oblast lies above or below the mean of its neighbours."""

import pandas as pd

import kz_spatial as kz


def contrast(study):
    """Electronic payments against the neighbours' mean, in percentage points, and a class."""
    means = study.tables["oblast"]["epayment_share_mean"]
    graph = kz.contiguity(kz.oblasts(detail="light"))
    gap = means - means.where(means.notna(), means.mean()).pipe(graph.lag)
    side = pd.cut(gap, [-100, -5, 5, 100], labels=["below", "alike", "above"]).astype(object)
    return pd.DataFrame({"contrast": gap, "side": side}, index=means.index)


kz.register_layer(
    "contrast",
    contrast,
    title={
        "en": "Contrast to neighbours",
        "ru": "Контраст с соседями",
        "kk": "Көршілермен айырмашылық",
    },
    note={"en": "Electronic payments less the mean of the neighbouring oblasts."},
    themes=[
        kz.Theme(
            "side",
            {"en": "Above or below neighbours", "ru": "Выше или ниже соседей"},
            classes=(
                kz.ThemeClass("above", {"en": "5 points above", "ru": "выше на 5"}, "#2c7fb8", "+"),
                kz.ThemeClass("alike", {"en": "alike", "ru": "схоже"}, "#eeeeee"),
                kz.ThemeClass("below", {"en": "5 points below", "ru": "ниже на 5"}, "#fd8d3c", "−"),
            ),
        ),
        kz.Theme("contrast", {"en": "Contrast"}, {"en": "percentage points"}),
    ],
)
