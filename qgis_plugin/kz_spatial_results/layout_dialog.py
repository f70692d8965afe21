"""Ask which map theme to print, and on which paper."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout

from .layout import SIZES
from .words import tr


class LayoutDialog(QDialog):
    """Two choices; `chosen()` tells them after it was accepted."""

    def __init__(self, themes, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("New print layout"))
        self.themes, self.sizes = QComboBox(), QComboBox()
        self.themes.addItems(list(themes))
        self.sizes.addItems(list(SIZES))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(tr("Map"), self.themes)
        form.addRow(tr("Paper, landscape"), self.sizes)
        form.addRow(buttons)

    def chosen(self):
        """Theme and size of paper."""
        return self.themes.currentText(), self.sizes.currentText()
