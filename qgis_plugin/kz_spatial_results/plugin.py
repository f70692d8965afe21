"""The plugin itself: what it registers, and how each registration is undone."""

from __future__ import annotations

from qgis.core import Qgis, QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTranslator
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDialog, QFileDialog, QMenu

from .words import FOLDER, ResultsError, language, tr, translation_file

_LAST = "kz_spatial/last_folder"


class KzSpatialResults:
    """Menu, drop of bundles, options page and Processing provider.

    Modules are imported when they are first needed, so that loading stays quick.
    """

    def __init__(self, iface):
        self.iface = iface
        self.menu = ""
        self.actions = {}
        self.chart = None
        self._provider = None
        self._undo = []

    def initProcessing(self):
        """Offer the algorithms; QGIS calls this alone when it runs without a window."""
        from .provider import KzSpatialProvider

        if self._provider is not None:
            return
        self._translate()
        registry = QgsApplication.processingRegistry()
        self._provider = KzSpatialProvider()
        registry.addProvider(self._provider)

        def undo():
            registry.removeProvider(self._provider)
            self._provider = None

        self._undo.append(undo)

    def initGui(self):
        self.initProcessing()
        self.menu = tr("kz_spatial results")
        self._add_action("open", tr("Open results…"), self.choose_results)
        self._add_menu("themes", tr("Map themes"), self.fill_themes)
        self._add_action("boundaries", tr("Add boundaries"), self.add_boundaries)
        self._add_menu("background", tr("Background map"), self.fill_backgrounds)
        self._add_action("layout", tr("New print layout…"), self.choose_layout)
        self._add_action("chart", tr("Chart of regions"), self.show_chart)
        self._add_action("install", tr("Install the command…"), self.install_command)
        self._add_action("settings", tr("Settings…"), self.show_settings)
        self._add_action("help", tr("Help"), self.show_help)
        self._add_to_toolbar(self.actions["open"])
        self._add_drop()
        self._add_options()

    def unload(self):
        """Undo every registration, the last one first; a second call finds nothing to undo."""
        while self._undo:
            self._undo.pop()()
        self.actions.clear()

    def _translate(self):
        translator = QTranslator()
        if translator.load(str(translation_file(language()))):
            QCoreApplication.installTranslator(translator)
            self._undo.append(lambda: QCoreApplication.removeTranslator(translator))

    def _add_action(self, key, text, run):
        action = QAction(QIcon(str(FOLDER / "icon.svg")), text, self.iface.mainWindow())
        action.setObjectName(f"kz_spatial_{key}")
        action.triggered.connect(lambda _checked=False: self.guard(run))
        menu = self.menu
        self.iface.addPluginToMenu(menu, action)
        self.actions[key] = action

        def undo():
            self.iface.removePluginMenu(menu, action)
            action.deleteLater()

        self._undo.append(undo)

    def _add_menu(self, key, text, fill):
        """A submenu, made anew whenever it is looked at."""
        self._add_action(key, text, lambda: None)
        menu = QMenu(self.iface.mainWindow())
        menu.aboutToShow.connect(lambda: fill(menu))
        self.actions[key].setMenu(menu)
        self._undo.append(menu.deleteLater)

    def fill_themes(self, menu):
        """Fill the menu of map themes."""
        from . import theme_menu

        theme_menu.fill(menu, QgsProject.instance(), self.show_theme)

    def show_theme(self, name):
        """Show a map theme: its layers, its legend open, other groups closed."""
        from . import backdrop

        project, model = QgsProject.instance(), self.iface.layerTreeView().layerTreeModel()
        project.mapThemeCollection().applyTheme(name, project.layerTreeRoot(), model)
        backdrop.keep_visible(project)

    def fill_backgrounds(self, menu):
        """Fill the menu of backgrounds."""
        from . import backdrop

        backdrop.fill(menu, QgsProject.instance(), lambda *to: self.guard(lambda: self.lay(*to)))

    def lay(self, *source):
        """Put tiles below the results, or take them away, and say who is asked."""
        from . import backdrop

        if not source:
            backdrop.take_away(QgsProject.instance())
            return
        backdrop.lay(QgsProject.instance(), *source)
        told = tr("{0} is asked for tiles whenever the map moves; sheets and bundles stay without")
        self.say(told.format(backdrop.host(source[1])))

    def _add_to_toolbar(self, action):
        self.iface.addToolBarIcon(action)
        self._undo.append(lambda: self.iface.removeToolBarIcon(action))

    def _add_drop(self):
        from .drop import BundleDropHandler

        handler = BundleDropHandler(lambda folder: self.guard(lambda: self.open_results(folder)))
        self.iface.registerCustomDropHandler(handler)
        self._undo.append(lambda: self.iface.unregisterCustomDropHandler(handler))

    def _add_options(self):
        from .options import OptionsFactory

        factory = OptionsFactory()
        self.iface.registerOptionsWidgetFactory(factory)
        self._undo.append(lambda: self.iface.unregisterOptionsWidgetFactory(factory))

    def guard(self, run):
        """Run, and show a fault as one line in the message bar."""
        try:
            run()
        except ResultsError as error:
            self.say(str(error), Qgis.MessageLevel.Warning)

    def say(self, text, level=Qgis.MessageLevel.Info):
        """Show one line in the message bar."""
        self.iface.messageBar().pushMessage("kz_spatial", text, level)

    def choose_results(self):
        """Ask for a bundle's folder and open it."""
        start = str(QgsSettings().value(_LAST, "") or "")
        title = tr("Folder that kz-spatial run wrote")
        folder = QFileDialog.getExistingDirectory(self.iface.mainWindow(), title, start)
        if folder:
            QgsSettings().setValue(_LAST, folder)
            self.open_results(folder)

    def open_results(self, folder):
        """Open a bundle in the current project."""
        from .bundle import read_plan
        from .opener import open_plan

        opened = open_plan(read_plan(folder), QgsProject.instance(), self.iface.mapCanvas())
        for line in opened.told():
            self.say(line)
        if self.chart is not None:
            self.chart.refresh()
        return opened

    def add_boundaries(self):
        """Add the boundaries that the plugin carries."""
        from . import boundaries

        return boundaries.add(QgsProject.instance(), self.iface.mapCanvas())

    def choose_layout(self):
        """Ask for a theme of an opened bundle and a size of paper, and show the layout."""
        from .layout_dialog import LayoutDialog
        from .placed import bundle_themes

        themes = bundle_themes(QgsProject.instance())
        if not themes:
            raise ResultsError(tr("No bundle is open; begin with Open results"))
        dialog = LayoutDialog(themes, self.iface.mainWindow())
        if dialog.exec() == QDialog.DialogCode.Accepted:
            theme, size, by_region = dialog.chosen()
            self.make_layout(theme, size, by_region=by_region)

    def make_layout(self, theme, size, *, by_region=False):
        """Make a layout of a theme and open it in the designer."""
        from .opener import layout_of_theme

        layout = layout_of_theme(QgsProject.instance(), theme, size, by_region=by_region)
        self.iface.openLayoutDesigner(layout)
        return layout

    def show_chart(self):
        """Show the dock with the chart; it is made when it is first asked for."""
        if self.chart is None:
            from .chart_dock import ChartDock

            self.chart = ChartDock(self.iface.mainWindow())
            self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.chart)
            self._undo.append(self._drop_chart)
        self.chart.refresh()
        self.chart.show()
        return self.chart

    def _drop_chart(self):
        self.chart.stop()
        self.iface.removeDockWidget(self.chart)
        self.chart.deleteLater()
        self.chart = None

    def install_command(self):
        """Ask what to install the kz-spatial command from, and install it."""
        from .install_dialog import InstallDialog

        InstallDialog(self.iface.mainWindow()).exec()

    def show_settings(self):
        """Open the options dialog at the plugin's page."""
        self.iface.showOptionsDialog(self.iface.mainWindow(), "kz_spatial")

    def show_help(self):
        """Open the help page."""
        from . import help_page

        help_page.show()
