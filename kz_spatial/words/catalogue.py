"""Words that readers see on maps, in English, Russian and Kazakh."""

from __future__ import annotations

from typing import Final

from kz_spatial.errors import CallError
from kz_spatial.options import LANGUAGES, Language

__all__ = ["TERMS", "say"]

TERMS: Final[dict[str, tuple[str, str, str]]] = {
    # indicators, long
    "outages_per_month": ("Power outages", "Отключения электричества", "Электр қуатының үзілуі"),
    "epayment_share": ("Electronic payments", "Электронные платежи", "Электрондық төлемдер"),
    "co2_monitoring": ("CO₂ monitoring", "Мониторинг CO₂", "CO₂ мониторингі"),
    "product_innovation": ("Product innovation", "Продуктовые инновации", "Өнім инновациясы"),
    "permit_days": ("Construction permits", "Разрешения на строительство", "Құрылыс рұқсаттары"),
    "readiness": ("Readiness score", "Индекс готовности", "Дайындық индексі"),
    # units
    "unit:outages_per_month": ("outages a month", "отключений в месяц", "айына үзіліс"),
    "unit:epayment_share": ("% of sales", "% продаж", "сатылымның %-ы"),
    "unit:co2_monitoring": ("share of firms", "доля фирм", "фирмалар үлесі"),
    "unit:product_innovation": ("share of firms", "доля фирм", "фирмалар үлесі"),
    "unit:permit_days": ("days to obtain", "дней до получения", "алуға дейінгі күн"),
    "unit:readiness": ("mean z-score", "среднее z-оценок", "z-бағалардың орташасы"),
    "unit:firms": ("firms per 1000 km²", "фирм на 1000 км²", "1000 км²-ге фирма"),
    # layers
    "layer:oblasts": ("Oblasts", "Области", "Облыстар"),
    "layer:composites": ("Composite regions", "Макрорегионы", "Макроөңірлер"),
    "layer:local_moran": ("Local Moran", "Локальный индекс Морана", "Моранның жергілікті индексі"),
    "layer:clusters": ("Clusters", "Кластеры", "Кластерлер"),
    "layer:density_contours": ("Density of firms", "Плотность фирм", "Фирмалар тығыздығы"),
    "layer:settlements": ("Settlements", "Населённые пункты", "Елді мекендер"),
    # local Moran
    "High-High": ("High–High", "Высокое–высокое", "Жоғары–жоғары"),
    "Low-Low": ("Low–Low", "Низкое–низкое", "Төмен–төмен"),
    "High-Low": ("High–Low", "Высокое–низкое", "Жоғары–төмен"),
    "Low-High": ("Low–High", "Низкое–высокое", "Төмен–жоғары"),
    "not significant": ("Not significant", "Незначимо", "Мәнді емес"),
    "cannot be significant": (
        "Cannot be significant",
        "Не может быть значимым",
        "Мәнді бола алмайды",
    ),
    "island": ("No neighbour with a value", "Нет соседа со значением", "Мәні бар көршісі жоқ"),
    "suppressed": ("Withheld (under 5 firms)", "Скрыто (менее 5 фирм)", "Жасырын (5-тен аз фирма)"),
    "exact": ("exact", "точный", "дәл"),
    "monte-carlo": ("Monte Carlo", "Монте-Карло", "Монте-Карло"),
    # clusters
    "typology_composite": (
        "Typology of the seven regions",
        "Типология семи регионов",
        "Жеті өңір типологиясы",
    ),
    "regions_composite": (
        "Contiguous groups of the seven regions",
        "Смежные группы семи регионов",
        "Жеті өңірдің шектес топтары",
    ),
    "typology_oblast": ("Typology of the oblasts", "Типология областей", "Облыстар типологиясы"),
    "regions_oblast": (
        "Contiguous groups of the oblasts",
        "Смежные группы областей",
        "Облыстардың шектес топтары",
    ),
    "group": ("Group", "Группа", "Топ"),
    "group:1": ("high readiness", "высокая готовность", "жоғары дайындық"),
    "group:2": ("moderate readiness", "средняя готовность", "орташа дайындық"),
    "group:3": ("low readiness", "низкая готовность", "төмен дайындық"),
    # statistical figures
    "neighbours' mean": ("neighbours' mean", "среднее соседей", "көршілердің орташасы"),
    "slope is I": ("slope: Moran's I", "наклон: I Морана", "көлбеуі: Моранның I индексі"),
    "draws": ("95 % of draws", "95 % выборок", "іріктемелердің 95 %-ы"),
    "co-membership": (
        "How often two regions fall into one group when firms are drawn again",
        "Как часто два региона попадают в одну группу при повторной выборке фирм",
        "Фирмалар қайта іріктелгенде екі өңірдің бір топқа түсу жиілігі",
    ),
    "ward tree": ("Ward's tree", "Дерево Уорда", "Уорд ағашы"),
    "merge distance": ("merge distance", "расстояние слияния", "бірігу қашықтығы"),
    "number of groups": ("number of groups", "число групп", "топтар саны"),
    "share_explained": ("Share explained", "Объяснённая доля", "Түсіндірілген үлес"),
    "silhouette": ("Silhouette", "Силуэт", "Силуэт"),
    "calinski_harabasz": ("Calinski–Harabasz", "Калински — Харабас", "Калински–Харабас"),
    "gap": ("Gap statistic", "Статистика разрыва", "Алшақтық статистикасы"),
    # columns
    "column:code": ("Code", "Код", "Код"),
    "column:name": ("Name", "Название", "Атауы"),
    "column:n_firms": ("Firms", "Фирмы", "Фирмалар"),
    "column:rank": ("Rank", "Место", "Орын"),
    "column:mean": ("mean", "среднее", "орташа"),
    "column:sd": ("standard deviation", "стандартное отклонение", "стандартты ауытқу"),
    "column:se": ("standard error", "стандартная ошибка", "стандартты қате"),
    "column:n": ("answers", "ответы", "жауаптар"),
    "column:missing": ("share missing", "доля пропусков", "бос жауаптар үлесі"),
    "column:p": ("p, two-sided", "p, двусторонний", "p, екі жақты"),
    "column:p_min": ("smallest p it can reach", "наименьшее возможное p", "ең кіші мүмкін p"),
    "column:p_fdr": ("p, FDR", "p, FDR", "p, FDR"),
    "column:p_bonferroni": ("p, Bonferroni", "p, Бонферрони", "p, Бонферрони"),
    "column:changes": (
        "share of draws of firms with another class",
        "доля выборок фирм с другим классом",
        "класы өзгеше іріктемелер үлесі",
    ),
    "column:unstable": ("class in doubt", "класс неустойчив", "класы тұрақсыз"),
    "mark:unstable": (
        "class changes in over a tenth of draws of firms",
        "класс меняется более чем в десятой части выборок фирм",
        "класы іріктемелердің оннан бірінен көбінде өзгереді",
    ),
    "column:statistic": ("local I", "локальный I", "жергілікті I"),
    "column:label": ("class", "класс", "класс"),
    "column:value": ("value", "значение", "мәні"),
    "column:quadrant": ("quadrant", "квадрант", "квадрант"),
    "column:method": ("method", "метод", "әдіс"),
    "column:low": ("From", "От", "Бастап"),
    "column:high": ("Up to", "До", "Дейін"),
    "column:kato": ("KATO code", "Код КАТО", "ҚАЖЖ коды"),
    "column:geonameid": ("GeoNames id", "Номер GeoNames", "GeoNames нөмірі"),
    "column:is_seat": ("Seat of its oblast", "Центр области", "Облыс орталығы"),
    "column:latitude": ("Latitude", "Широта", "Ендік"),
    "column:longitude": ("Longitude", "Долгота", "Бойлық"),
    "column:population": ("Population", "Население", "Халық саны"),
    "column:area_km2": ("Area, km²", "Площадь, км²", "Ауданы, км²"),
    # the map
    "title": (
        "Smart-city readiness of Kazakhstan's regions",
        "Готовность регионов Казахстана к «умному городу»",
        "Қазақстан өңірлерінің «ақылды қалаға» дайындығы",
    ),
    "twin": (
        "Synthetic twin: made-up firms, not survey microdata",
        "Синтетический двойник: вымышленные фирмы, не микроданные обследования",
        "Синтетикалық егіз: ойдан шығарылған фирмалар, зерттеу деректері емес",
    ),
    "modelled": (
        "Firms are placed by a model, on settlements by population",
        "Фирмы размещены моделью: по населённым пунктам и их населению",
        "Фирмалар модель бойынша, елді мекендерге халық санына қарай орналастырылған",
    ),
    "boundaries": ("Boundaries", "Границы", "Шекаралар"),
    "source": ("Source", "Источник", "Дереккөз"),
    "theme": ("Theme", "Тема", "Тақырып"),
    "people": ("people", "человек", "адам"),
    "no value": ("No value", "Нет значения", "Мән жоқ"),
}


def say(key: str, language: Language = "en") -> str:
    """Text of a term in one language.

    Raises
    ------
    CallError
        When there is no such term or language.
    """
    if key not in TERMS or language not in LANGUAGES:
        raise CallError(f"no wording for {key!r} in {language!r}")
    return TERMS[key][LANGUAGES.index(language)]
