"""Which column of a survey file holds what: asked for in tables of two columns, as options."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingParameterEnum,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterString,
)

from .tables import plain
from .words import ResultsError, tr

_KINDS = ("", "city", "region")
# parameter and option of what is a pair a row
_PAIRS = (("ITEMS", "--item"), ("REGION_CODES", "--region-codes"), ("WHERE", "--where"))
# the command takes pairs as KEY=VALUE, several of them between commas
_PARTING = ",="


def add_columns(algorithm):
    """Add what says how a survey file is read."""

    def pairs(name, title, headers, told):
        matrix = QgsProcessingParameterMatrix(name, title, headers=headers, optional=True)
        algorithm.add(matrix, told, advanced=True)

    pairs(
        "ITEMS",
        tr("Columns of the items"),
        [tr("Item"), tr("Column of the file")],
        tr("Only where the names differ: item k33, and the column that holds it."),
    )
    algorithm.add(
        QgsProcessingParameterString("REGION", tr("Column of regions"), optional=True),
        tr("Found by what it holds where it is left empty."),
        advanced=True,
    )
    pairs(
        "REGION_CODES",
        tr("Meaning of the codes of regions"),
        [tr("Code"), tr("Region")],
        tr("Only where the file holds bare codes: code 1, and the region almaty."),
    )
    algorithm.add(
        QgsProcessingParameterEnum(
            "KIND",
            tr("What a bare Almaty means"),
            [tr("found from the other rows"), tr("the city"), tr("the region")],
            defaultValue=0,
        ),
        tr("Almaty alone may be the city or Almaty Region."),
        advanced=True,
    )
    pairs(
        "WHERE",
        tr("Rows to keep"),
        [tr("Column of the file"), tr("Value")],
        tr("By code or label: column year, and the value 2024 for one wave of a stacked file."),
    )


def _rows(algorithm, parameters, context, name) -> list:
    """Pairs of a table that are filled in; a row of which half is empty is refused."""
    told = algorithm.parameterAsMatrix(parameters, name, context)
    cells = [plain(each).strip() for each in told]
    title = algorithm.parameterDefinition(name).description()
    if not any(cells):  # a table that nobody touched comes as one empty cell
        return []
    if len(cells) % 2:
        text = tr("{0}: found {1} cells, expected two in each row")
        raise ResultsError(text.format(title, len(cells)))
    pairs = [pair for pair in zip(cells[::2], cells[1::2]) if any(pair)]
    for pair in pairs:
        if not all(pair):
            text = tr("{0}: found {1} alone, expected both cells of its row")
            raise ResultsError(text.format(title, repr("".join(pair))))
        for cell in pair:
            if any(sign in cell for sign in _PARTING):
                text = tr("{0}: found {1}, expected no comma and no equals sign")
                raise ResultsError(text.format(title, repr(cell)))
    return pairs


def column_arguments(algorithm, parameters, context) -> list:
    """Options of the command that say how the file is read."""
    found = []
    for name, option in _PAIRS:
        for pair in _rows(algorithm, parameters, context, name):
            found += [option, "=".join(pair)]
    region = algorithm.parameterAsString(parameters, "REGION", context).strip()
    found += ["--region", region] if region else []
    kind = algorithm.chosen(parameters, context, "KIND", _KINDS)
    return [*found, *(["--kind", kind] if kind else [])]
