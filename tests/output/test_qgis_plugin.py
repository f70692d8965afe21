"""The QGIS plugin without QGIS: its zip against the rules of the official repository, its words."""

import ast
import configparser
import json
import re
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
from qt6_names import Stubs, follow, stubs_folder

from kz_spatial import composites, oblasts
from kz_spatial.cli import main as cli
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.qgis_plugin import (
    PLUGIN_NAME,
    REPOSITORY,
    build_plugin,
    install_plugin,
    profile_folders,
)
from kz_spatial.output.qm import compile_ts, read_ts

SOURCE = Path(__file__).resolve().parents[2] / "qgis_plugin" / PLUGIN_NAME
REQUIRED = (
    "name",
    "description",
    "version",
    "qgisMinimumVersion",
    "author",
    "about",
)
ADDRESSES = ("tracker", "repository", "homepage")
BINARIES = {".pyc", ".so", ".dll", ".exe", ".sh", ".bat", ".dylib", ".pyd", ".zip", ".jar"}
# what breaks on Qt 6, and an example of each that the test must see
QT6 = {
    r"\bPyQt[56]\b(?<!qgis\.PyQt)": "from PyQt5.QtCore import Qt",
    r"\.exec_\(": "dialog.exec_()",
    r"resources_rc|pyrcc": "import resources_rc",
    r"\bQt\.(?![A-Z]\w+\.[A-Z])[A-Z]\w+": "Qt.AlignLeft",
    r"\bQDialogButtonBox\.(?!StandardButton|ButtonRole)[A-Z]\w+\b(?!\()": "QDialogButtonBox.Ok",
    r"\bQMessageBox\.(?!StandardButton|Icon)[A-Z]\w+\b(?!\()": "QMessageBox.Yes",
    r"\bQDialog\.(?!DialogCode)[A-Z]\w+\b(?!\()": "QDialog.Accepted",
    r"\bQFont\.(?!Weight|Style)[A-Z]\w+\b(?!\()": "QFont.Bold",
    r"\bQPalette\.(?!ColorRole)[A-Z]\w+\b(?!\()": "QPalette.Window",
    r"\bQ(RegExp|DesktopWidget|TextCodec|StringRef)\b": "QRegExp('a')",
    r"\.toAscii\(|\.globalPos\(|\.delta\(\)": "event.globalPos()",
    r"\bQVariant\.(Int|Double|Bool|LongLong|Date)\b": "QVariant.Int",
    r"\bQgis\.(?!MessageLevel|GeometryType)(Info|Warning|Critical|Success)\b": "Qgis.Info",
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "kz.zip"
    build_plugin(path)
    return path


def _files(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sources():
    return sorted(SOURCE.glob("*.py"))


def _metadata(files):
    found = configparser.ConfigParser()
    found.read_string(files[f"{PLUGIN_NAME}/metadata.txt"].decode())
    return found["general"]


def test_zip_is_one_folder_with_a_python_name(packed):
    tops = {name.split("/")[0] for name in _files(packed)}
    assert tops == {PLUGIN_NAME}
    assert PLUGIN_NAME.isidentifier()
    assert "plugin" not in PLUGIN_NAME.lower()


def test_zip_has_licence_metadata_icon_and_no_foreign_file(packed):
    files = _files(packed)
    assert b"GNU GENERAL PUBLIC LICENSE" in files[f"{PLUGIN_NAME}/LICENSE"]
    for wanted in (
        "__init__.py",
        "metadata.txt",
        "icon.svg",
        "i18n/kz_spatial_results_ru.qm",
        "i18n/kz_spatial_results_kk.qm",
        "data/oblasts.geojson",
        "data/composites.geojson",
    ):
        assert files[f"{PLUGIN_NAME}/{wanted}"], wanted
    for name in files:
        assert Path(name).suffix not in BINARIES, name
        assert not any(part.startswith((".", "__pycache__")) for part in name.split("/")), name
    assert f"{PLUGIN_NAME}/installed.json" not in files, "that is of one machine"


def test_zip_is_small(packed):
    assert packed.stat().st_size < 1_000_000
    assert sum(map(len, _files(packed).values())) < 25_000_000


def test_metadata_has_every_required_key_in_its_form(packed):
    general = _metadata(_files(packed))
    for key in REQUIRED:
        assert general.get(key, "").strip(), key
    assert re.fullmatch(r"\d+(\.\d+)*", general["version"])
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["qgisMaximumVersion"] == "4.99"
    assert "supportsqt6" not in {key.lower() for key in general}
    assert "plugin" not in general["name"].lower()
    assert "one country" in general["about"]
    assert "Kazakhstan" in general["description"]
    assert general.getboolean("hasProcessingProvider")
    assert (SOURCE / general["icon"]).is_file()


def test_no_address_is_shipped_that_is_nobodys(packed):
    for name, data in _files(packed).items():
        assert b"example.org" not in data, name
        assert b"example.com" not in data, name
    general = _metadata(_files(packed))
    told = [general[key] for key in ADDRESSES if key in general]
    assert bool(told) == bool(REPOSITORY)
    assert all(each.startswith(REPOSITORY) for each in told)


def test_metadata_names_the_repository_once_it_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr("kz_spatial.output.qgis_plugin.REPOSITORY", "https://git.kz/kz_spatial/")
    general = _metadata(_files(build_plugin(tmp_path / "kz.zip").path))
    assert {key: general[key] for key in ADDRESSES} == {
        "tracker": "https://git.kz/kz_spatial/issues",
        "repository": "https://git.kz/kz_spatial",
        "homepage": "https://git.kz/kz_spatial",
    }
    assert general["version"], "the rest of the metadata is lost"


def test_version_is_that_of_the_package(packed):
    from importlib.metadata import version

    assert _metadata(_files(packed))["version"] == version("kz-spatial")


def _calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _scan(text):
    """What the scan of the repository would stop."""
    tree, found = ast.parse(text), []
    for call in _calls(tree):
        if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec", "compile"):
            found.append(call.func.id)
        found += [word.arg for word in call.keywords if word.arg == "shell"]
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [n for n in names if n.split(".")[0] in ("pickle", "marshal", "requests")]
    return found


@pytest.mark.parametrize(
    "text", ["eval('1')", "exec('a = 1')", "import pickle", "subprocess.run('ls', shell=True)"]
)
def test_scan_sees_what_it_must(text):
    assert _scan(text)


@pytest.mark.parametrize("file", _sources(), ids=lambda p: p.name)
def test_source_passes_the_scan_and_an_old_python(file):
    text = file.read_text(encoding="utf-8")
    assert _scan(text) == []
    ast.parse(text, feature_version=(3, 9))


@pytest.mark.parametrize("file", _sources(), ids=lambda p: p.name)
def test_source_imports_qgis_and_the_standard_library_alone(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            assert top in ("qgis", "osgeo") or top in sys.stdlib_module_names, name


@pytest.mark.parametrize(("pattern", "example"), QT6.items())
def test_static_list_sees_what_breaks_on_qt6(pattern, example):
    assert re.search(pattern, example)


@pytest.mark.parametrize("file", _sources(), ids=lambda p: p.name)
def test_source_has_nothing_that_breaks_on_qt6(file):
    text = file.read_text(encoding="utf-8").replace("qgis.PyQt", "qgis_qt")
    found = [match.group() for pattern in QT6 for match in re.finditer(pattern, text)]
    assert not found, found


@pytest.fixture(scope="module")
def pyqt6():
    return Stubs(stubs_folder())


@pytest.mark.parametrize("file", _sources(), ids=lambda p: p.name)
def test_every_name_that_a_source_takes_from_qt_is_in_pyqt6(file, pyqt6):
    faults, _ = follow(file.read_text(encoding="utf-8"), pyqt6)
    assert faults == []


def test_names_of_pyqt6_are_read_without_loading_qt(pyqt6):
    pyqt6.exported("QtWidgets", "QDialog")
    assert "PyQt6" not in sys.modules


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        (
            "layout_dialog",
            {
                "QDialogButtonBox.StandardButton.Ok",
                "self.setWindowTitle",
                "self.sizes.currentData",
                "buttons.accepted.connect",
            },
        ),
        (
            "plugin",
            {
                "qgis.PyQt.QtWidgets.QAction",
                "QDialog.DialogCode.Accepted",
                "action.triggered.connect",
            },
        ),
        ("algorithm", {"QApplication.instance", "application.thread"}),
        ("tables", {"QMetaType.Type.QString", "QVariant.String"}),
    ],
)
def test_names_are_followed_into_attributes_calls_and_variables(file, wanted, pyqt6):
    _, seen = follow((SOURCE / f"{file}.py").read_text(encoding="utf-8"), pyqt6)
    assert wanted <= seen


IMPORTS = """from qgis.PyQt.QtCore import QCoreApplication, QLocale, QMetaType, QTimer, QVariant, Qt
from qgis.PyQt.QtGui import QColor, QFont
from qgis.PyQt.QtWidgets import QAction, QApplication, QComboBox, QDialog, QDialogButtonBox
from qgis.PyQt.QtWidgets import QMessageBox, QPushButton
"""


@pytest.mark.parametrize(
    "wrong",
    [
        # what Qt 6 removed or moved
        "from qgis.PyQt.QtCore import QRegExp",
        "from qgis.PyQt.QtWidgets import QDesktopWidget",
        "from qgis.PyQt.QtWebKit import QWebSettings",
        "from qgis.PyQt.QtWidgets import QUndoStack",
        "from qgis.PyQt import QtWebKitWidgets",
        "from qgis.PyQt import QtWidgets\nQtWidgets.QDesktopWidget()",
        "QApplication.desktop()",
        "QVariant.String",
        # enumerations without their scope, or with another
        "Qt.AlignLeft",
        "Qt.AlignmentFlag.AlignLeftt",
        "Qt.ItemDataRole.AlignLeft",
        "QDialogButtonBox.Ok",
        "QDialogButtonBox.StandardButtons.Ok",
        "QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Okay",
        "QFont.Bold",
        "QMessageBox.Yes",
        "QMetaType.QString",
        # methods: of a class, of what a call gives, of a variable, of a signal
        "QCoreApplication.translated('a', 'b')",
        "QColor(1, 2, 3).light()",
        "QApplication.instance().threads()",
        "dialog = QDialog()\ndialog.exec_()",
        "def f(a):\n    if a:\n        font = QFont()\n        font.setBolder(True)",
        "QPushButton().clicked.conect(print)",
        "QPushButton().click.connect(print)",
        "f = lambda: QLocale().nam()",
        "print([QFont.Bold for _ in range(2)])",
        "sorted([], key=lambda font: QFont.Light)",
        # those that a class of the plugin inherits or keeps
        "class A(QDialog):\n    def f(self):\n        self.exec_()",
        "class A(QDialog):\n    def f(self):\n        super().exec_()",
        "class A(QDialog):\n    pass\nclass B(A):\n    def f(self):\n        self.exec_()",
        "class A(QDialog):\n    pass\nA().exec_()",
        (
            "class A:\n    def __init__(self):\n        self.a, self.b = 1, QComboBox()\n"
            "    def f(self):\n        return self.b.text()"
        ),
        # a guard lets pass what it asks for, and in its own branch alone
        "a = 1 if hasattr(QVariant, 'String') else QVariant.String",
        "a = QVariant.Int if hasattr(QVariant, 'String') else 1",
        # what cannot be followed must not be written
        "from qgis.PyQt.QtCore import *",
        "import qgis.PyQt.QtCore",
    ],
)
def test_a_name_that_pyqt6_lacks_is_one_fault(wrong, pyqt6):
    faults, _ = follow(IMPORTS + wrong, pyqt6)
    assert len(faults) == 1, faults


@pytest.mark.parametrize(
    "right",
    [
        "",
        "Qt.ItemDataRole.UserRole.value\nQt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop",
        "from qgis.PyQt import QtWidgets\nQtWidgets.QDialog.DialogCode.Accepted",
        "from qgis.PyQt.QtCore import NULL",
        "from qgis.PyQt.QtWidgets import QActionGroup, QShortcut",
        "from qgis.PyQt.QtGui import QAction as A\nA('a').triggered.connect(print)",
        "a = QVariant.String if hasattr(QVariant, 'String') else QMetaType.Type.QString",
        "if hasattr(QVariant, 'String'):\n    a = QVariant.String",
        "QApplication.instance().thread().currentThread()",
        "QTimer.singleShot(0, print)",
        "QColor.__name__\nQDialog().__class__",
        # names of one's own are no business of Qt's
        "def f(Qt):\n    return Qt.anything",
        "for Qt in []:\n    Qt.anything",
        "a = QFont()\na = 3\na.anything",
        "class A(QDialog):\n    def f(self):\n        self.mine = 1\n        return self.mine",
        "class A(QDialog):\n    def g(self): ...\n    def f(self):\n        self.g()",
        "from elsewhere import B\nclass A(B):\n    def f(self):\n        self.anything()",
        "from elsewhere import B\nclass A(B, QDialog):\n    def f(self):\n        self.anything()",
    ],
)
def test_names_that_pyqt6_has_or_nobody_knows_are_no_fault(right, pyqt6):
    assert follow(IMPORTS + right, pyqt6)[0] == []


def _constant(file, name):
    """A constant of a source that cannot be imported without QGIS."""
    tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
    values = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            values[node.targets[0].id] = eval(ast.unparse(node.value), {}, values)
    return values[name]


def test_projection_of_projects_is_that_of_the_package():
    ours, theirs = pyproj.CRS(_constant("words.py", "PROJECT_CRS")), pyproj.CRS(EQUAL_AREA_CRS)
    assert ours.name == "Kazakhstan Albers Equal Area"
    assert ours.to_json_dict()["type"] == "ProjectedCRS"

    def parameters(crs):
        operation = crs.coordinate_operation
        return operation.method_code, [(p.code, p.value, p.unit_name) for p in operation.params]

    assert parameters(ours) == parameters(theirs)
    assert ours.ellipsoid == theirs.ellipsoid
    assert ours.prime_meridian == theirs.prime_meridian
    told = [[(a.direction, a.unit_name) for a in crs.axis_info] for crs in (ours, theirs)]
    assert told[0] == told[1]


def test_the_same_sources_give_the_same_bytes(packed, tmp_path):
    again = build_plugin(tmp_path / "again.zip")
    assert again.path.read_bytes() == packed.read_bytes()
    assert again.n_files == len(_files(packed))


def test_boundaries_are_those_of_the_package(packed, tmp_path):
    files = _files(packed)
    for name, wanted in (
        ("oblasts", oblasts(detail="light")),
        ("composites", composites(detail="light")),
    ):
        path = tmp_path / f"{name}.geojson"
        path.write_bytes(files[f"{PLUGIN_NAME}/data/{name}.geojson"])
        found = gpd.read_file(path).set_index(wanted.index.name)
        assert list(found.index) == list(wanted.index)
        assert found.geometry.geom_equals_exact(wanted.geometry, 1e-9).all()
        assert (found["name_kk"] == wanted["name_kk"]).all()


def _said():
    """Every text that the sources hand to tr() or, with a language, to tr_in()."""
    found = {}
    for file in _sources():
        for call in _calls(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call.func, ast.Name) and call.func.id in ("tr", "tr_in"):
                text = call.args[-1]
                assert isinstance(text, ast.Constant), f"{file.name}:{call.lineno}"
                found[text.value] = file.name
    return found


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_text_is_translated_and_none_is_left_over(language):
    told = read_ts(SOURCE / "i18n" / f"kz_spatial_results_{language}.ts")
    words = {source: text for (context, source), text in told.items()}
    assert {context for context, _ in told} == {"KzSpatialResults"}
    assert set(words) == set(_said())
    for source, text in words.items():
        assert sorted(re.findall(r"\{\d\}", source)) == sorted(re.findall(r"\{\d\}", text)), text
        assert re.search("[а-яәіңғүұқөһ]", text.lower()), f"{source!r} is not in {language}"


def test_a_faulty_translation_is_refused(tmp_path):
    path = tmp_path / "x.ts"
    path.write_text("<TS", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.ts: cannot be read"):
        compile_ts(path)
    message = "<message><source>a</source><translation>b</translation></message>"
    path.write_text(f"<TS><context><name>c</name>{message * 2}</context></TS>", encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        compile_ts(path)


def test_build_refuses_other_names_and_existing_files(tmp_path):
    with pytest.raises(CallError, match=r"\.zip"):
        build_plugin(tmp_path / "kz.tar")
    (tmp_path / "kz.zip").write_bytes(b"mine")
    with pytest.raises(CallError, match="exists already"):
        build_plugin(tmp_path / "kz.zip")
    assert (tmp_path / "kz.zip").read_bytes() == b"mine"
    assert cli.main(["plugin", "--out", str(tmp_path / "kz.zip"), "--overwrite"]) == 0
    assert zipfile.is_zipfile(tmp_path / "kz.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["kz.zip"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("QGIS_CUSTOM_CONFIG_PATH", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_install_makes_a_profile_enables_the_plugin_and_names_the_command(home):
    (made,) = install_plugin()
    profile = home / "QGIS" / "QGIS3" / "profiles" / "default"
    assert made.path == profile / "python" / "plugins" / PLUGIN_NAME
    assert (made.path / "metadata.txt").is_file()
    command = Path(json.loads((made.path / "installed.json").read_text())["command"])
    assert command.parent == Path(sys.executable).parent
    assert "[PythonPlugins]\nkz_spatial_results=true" in (profile / "QGIS/QGIS3.ini").read_text()


def test_install_keeps_what_the_reader_set_and_replaces_an_older_copy(home):
    profile = home / "QGIS" / "QGIS3" / "profiles" / "default"
    (profile / "QGIS").mkdir(parents=True)
    ini = profile / "QGIS" / "QGIS3.ini"
    ini.write_text("[qgis]\nx=1\n[PythonPlugins]\nother=true\nkz_spatial_results=false\n")
    before = ini.read_text()
    (old,) = install_plugin()
    (old.path / "left_over.py").write_text("")
    install_plugin()
    assert ini.read_text() == before
    assert not (old.path / "left_over.py").exists()
    assert [each.name for each in old.path.parent.iterdir()] == [PLUGIN_NAME]
    ini.write_text("[qgis]\nx=1\n[PythonPlugins]\nother=true\n")
    install_plugin()
    assert ini.read_text() == "[qgis]\nx=1\n[PythonPlugins]\nkz_spatial_results=true\nother=true\n"


def test_install_serves_every_version_of_qgis_that_is_there(home, capsys):
    for major in (3, 4):
        (home / "QGIS" / f"QGIS{major}" / "profiles").mkdir(parents=True)
    assert len(profile_folders()) == 2
    assert cli.main(["plugin", "--install", "--profile", "work"]) == 0
    assert capsys.readouterr().out.count("start QGIS again") == 2
    assert (home / "QGIS/QGIS4/profiles/work/QGIS/QGIS4.ini").is_file()


def test_install_into_a_place_that_is_a_file_is_one_line(home, capsys):
    (home / "QGIS").write_text("a file")
    assert cli.main(["plugin", "--install"]) == 2
    error = capsys.readouterr().err
    assert "cannot be written" in error
    assert error.count("\n") == 1
