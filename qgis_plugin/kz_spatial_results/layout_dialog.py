"""Ask which map theme to print, and on which paper."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFormLayout

from .layout import SIZES, paper_name
from .words import language, tr


class LayoutDialog(QDialog):
    """Three choices; `chosen()` tells them after it was accepted."""

    def __init__(self, themes, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("New print layout"))
        self.themes, self.sizes = QComboBox(), QComboBox()
        self.themes.addItems(list(themes))
        for size in SIZES:
            self.sizes.addItem(paper_name(size, language()), size)
        self.by_region = QCheckBox(tr("A page for each region"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(tr("Map"), self.themes)
        form.addRow(tr("Paper"), self.sizes)
        form.addRow(self.by_region)
        form.addRow(buttons)

    def chosen(self):
        """Theme, size of paper, and whether each region has a page."""
        return self.themes.currentText(), self.sizes.currentData(), self.by_region.isChecked()
