"""A stand-in for QGIS' desktop that counts what is registered and not yet taken back."""

from qgis.core import QgsLayerTreeModel, QgsProject
from qgis.gui import QgsLayerTreeView, QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtWidgets import QMainWindow, QMenu


class Desktop:
    """The calls of QgisInterface that the plugin makes."""

    def __init__(self):
        self.window = QMainWindow()
        self.canvas = QgsMapCanvas()
        self.bar = QgsMessageBar()
        self.menu, self.tree, self.model = QMenu(), None, None
        self.plugin_menu, self.toolbar, self.handlers, self.options = [], [], [], []
        self.help_actions, self.messages, self.designers, self.docks = [], [], [], []
        bar = self.bar
        push = bar.pushMessage
        bar.pushMessage = lambda *args: (self.messages.append(args[1]), push(*args))

    def registered(self):
        return [
            *self.plugin_menu,
            *self.toolbar,
            *self.handlers,
            *self.options,
            *self.help_actions,
            *self.docks,
        ]

    def mainWindow(self):
        return self.window

    def mapCanvas(self):
        return self.canvas

    def messageBar(self):
        return self.bar

    def addPluginToMenu(self, menu, action):
        self.plugin_menu.append((menu, action))

    def removePluginMenu(self, menu, action):
        self.plugin_menu.remove((menu, action))

    def addToolBarIcon(self, action):
        self.toolbar.append(action)

    def removeToolBarIcon(self, action):
        self.toolbar.remove(action)

    def registerCustomDropHandler(self, handler):
        self.handlers.append(handler)

    def unregisterCustomDropHandler(self, handler):
        self.handlers.remove(handler)

    def registerOptionsWidgetFactory(self, factory):
        self.options.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):
        self.options.remove(factory)

    def layerTreeView(self):
        if self.tree is None:
            self.tree = QgsLayerTreeView(self.window)
            # the view does not keep it
            self.model = QgsLayerTreeModel(QgsProject.instance().layerTreeRoot())
            self.tree.setModel(self.model)
        return self.tree

    def addDockWidget(self, _side, dock):
        self.docks.append(dock)

    def removeDockWidget(self, dock):
        self.docks.remove(dock)

    def pluginHelpMenu(self):
        return self.menu

    def openLayoutDesigner(self, layout):
        self.designers.append(layout)
