"""The command is installed where it is missing, and tried, while QGIS goes on working."""

import os
import shutil
import stat
import time
import zipfile
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QEventLoop, QThread
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox

from check_plugin import _started
from check_processing import _folder, _gone

PYTHON = "/usr/bin/python3"
HANGS = """#!/usr/bin/python3
import os, pathlib, time
pathlib.Path({told!r}).write_text(str(os.getpid()))
time.sleep(300)
"""


def _wait(until, seconds=60):
    """Let QGIS' events through until something holds."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        QgsApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        time.sleep(0.01)


def _wheel(folder, *, version="9.9", answer="kz-spatial 9.9"):
    """A small package of that name that needs nothing else."""
    path = folder / f"kz_spatial-{version}-py3-none-any.whl"
    about = f"kz_spatial-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("kz_stand_in.py", f"def main():\n    print({answer!r})\n")
        meta = f"Metadata-Version: 2.1\nName: kz-spatial\nVersion: {version}\n"
        packed.writestr(f"{about}/METADATA", meta)
        packed.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        entry = "[console_scripts]\nkz-spatial = kz_stand_in:main\n"
        packed.writestr(f"{about}/entry_points.txt", entry)
        packed.writestr(f"{about}/RECORD", "")
    return path


def _dialog(settings, name):
    """A dialog whose environments stand in a folder with blanks and Cyrillic letters."""
    from kz_spatial_results import environment
    from kz_spatial_results.install_dialog import InstallDialog

    place = _folder(settings, name)
    environment.home = lambda: place / "мой профиль"
    QgsSettings().remove("kz_spatial/command")
    dialog = InstallDialog()
    _wait(dialog.python.filePath)
    return dialog, place


def _shown(dialog):
    return dialog.lines.toPlainText().splitlines()


def check_the_lines_that_are_run_are_shown_before(settings):
    dialog, place = _dialog(settings, "lines")
    assert not dialog.button.isEnabled()
    assert _shown(dialog) == ["Name a wheel file, an index, or both"]
    dialog.python.setFilePath(PYTHON)
    home = place / "мой профиль" / "environment"
    python, pip = f"'{home}/bin/python'", "-m pip install --no-input --disable-pip-version-check"
    for wheel, index, wanted in (
        ("", "https://index.kz/simple", "--index-url https://index.kz/simple kz-spatial"),
        ("", str(place), f"--no-index --find-links {place} kz-spatial"),
        (str(_wheel(place)), "", f"{place}/kz_spatial-9.9-py3-none-any.whl"),
    ):
        dialog.wheel.setFilePath(wheel)
        dialog.index.setText(index)
        assert _shown(dialog) == [
            f"{PYTHON} -m venv '{home}'",
            f"{python} {pip} {wanted}",
        ], _shown(dialog)
        assert dialog.button.isEnabled()
    for index in ("--extra-index-url x", "ftp://x.kz", "/nowhere", "https:// x"):
        dialog.index.setText(index)
        assert "expected an address that begins with https://" in _shown(dialog)[0], index
        assert not dialog.button.isEnabled()
    dialog.index.setText("")
    dialog.wheel.setFilePath("/nowhere/x.whl")
    assert _shown(dialog) == ["/nowhere/x.whl: expected a file that ends in .whl"]
    assert not home.parent.exists(), "something was made by showing it"


def check_a_wheel_is_installed_and_found_from_then_on(settings):
    from kz_spatial_results import command

    dialog, place = _dialog(settings, "installed")
    dialog.python.setFilePath(PYTHON)
    dialog.wheel.setFilePath(str(_wheel(place)))
    dialog.index.setText(str(place))
    shown = _shown(dialog)
    started = time.perf_counter()
    dialog.install()
    assert not dialog.button.isEnabled()
    assert not dialog.wheel.isEnabled()
    _wait(lambda: dialog.work is None)
    settings["measured"]["install s"] = round(time.perf_counter() - started, 1)
    log = dialog.log.toPlainText()
    assert [line[2:] for line in log.splitlines() if line.startswith("$ ")] == shown, log
    assert "kz-spatial 9.9" in log
    assert dialog.bar.value() == dialog.bar.maximum() == 3
    program = place / "мой профиль" / "environment" / "bin" / "kz-spatial"
    assert QgsSettings().value("kz_spatial/command") == str(program), log
    assert command.find() == [str(program)]
    assert command.version(command.find()) == "kz-spatial 9.9"
    # another one takes its place, and the old one goes
    dialog.wheel.setFilePath(str(_wheel(place, version="10.0", answer="kz-spatial 10.0")))
    dialog.install()
    _wait(lambda: dialog.work is None)
    assert command.version(command.find()) == "kz-spatial 10.0", dialog.log.toPlainText()
    assert [each.name for each in (place / "мой профиль").iterdir()] == ["environment 2"]
    QgsSettings().remove("kz_spatial/command")


def check_what_fails_leaves_nothing_and_keeps_the_one_before(settings):
    dialog, place = _dialog(settings, "failed")
    before = place / "мой профиль" / "environment"
    before.mkdir(parents=True)
    (before / "pyvenv.cfg").write_text("", encoding="utf-8")
    dialog.python.setFilePath(PYTHON)
    empty = place / "empty"
    empty.mkdir()
    dialog.index.setText(str(empty))
    dialog.install()
    _wait(lambda: dialog.work is None)
    last = dialog.log.toPlainText().splitlines()[-1]
    assert last.startswith("ERROR: "), last
    assert "kz-spatial" in last
    dialog.wheel.setFilePath(str(_wheel(place, answer="something else")))
    dialog.install()
    _wait(lambda: dialog.work is None)
    assert "is no kz-spatial command" in dialog.log.toPlainText().splitlines()[-1]
    old = place / "python3"
    old.write_text("#!/bin/sh\necho 3 9\n", encoding="utf-8")
    old.chmod(0o755)
    dialog.python.setFilePath(str(old))
    dialog.install()
    _wait(lambda: dialog.work is None)
    assert "is no Python of 3.11 or later" in dialog.log.toPlainText().splitlines()[-1]
    assert [each.name for each in before.parent.iterdir()] == ["environment"]
    assert not QgsSettings().value("kz_spatial/command")
    assert dialog.button.isEnabled(), "cannot be tried again"


def check_cancel_ends_the_installation(settings):
    dialog, place = _dialog(settings, "stopped")
    slow, told = place / "python3", place / "told"
    slow.write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then echo 3 11; exit; fi\n'
        f'mkdir -p "$3"\necho $$ > {told}\nexec sleep 300\n',
        encoding="utf-8",
    )
    slow.chmod(0o755)
    dialog.python.setFilePath(str(slow))
    dialog.wheel.setFilePath(str(_wheel(place)))
    dialog.show()
    dialog.install()
    _wait(lambda: told.is_file() and told.read_text(encoding="utf-8").strip())
    close = dialog.buttons.button(QDialogButtonBox.StandardButton.Close)
    assert close.text() == "Cancel"
    started = time.monotonic()
    close.click()
    assert dialog.isVisible(), "closed while it was still at work"
    _wait(lambda: dialog.work is None)
    assert time.monotonic() - started < 3
    assert _gone(int(told.read_text(encoding="utf-8")))
    assert dialog.log.toPlainText().splitlines()[-1] == "Stopped; nothing was written"
    assert list((place / "мой профиль").iterdir()) == []
    assert close.text() == "Close"
    close.click()
    assert not dialog.isVisible()


def check_an_algorithm_offers_to_install_a_missing_command(settings):
    from kz_spatial_results import install_dialog
    from kz_spatial_results.join_table import JoinTable
    from kz_spatial_results.open_results import OpenResults
    from kz_spatial_results.run_study import RunStudy

    seen = []
    before, install_dialog.InstallDialog.exec = (
        install_dialog.InstallDialog.exec,
        lambda self: seen.append(self.windowTitle()) or QDialog.DialogCode.Rejected,
    )
    path, os.environ["PATH"] = os.environ["PATH"], "/nowhere"
    try:
        QgsSettings().remove("kz_spatial/command")
        assert RunStudy().createCustomParametersWidget(None) is None
        assert seen == ["Install the kz-spatial command"], seen
        assert OpenResults().createCustomParametersWidget(None) is None
        assert len(seen) == 1, "opening results needs no command"
        QgsSettings().setValue("kz_spatial/command", settings["command"])
        assert JoinTable().createCustomParametersWidget(None) is None
        assert len(seen) == 1, "there is a command"
        _, plugin = _started()
        plugin.actions["install"].trigger()
        assert len(seen) == 2, "the menu opens no dialog"
        plugin.unload()
    finally:
        os.environ["PATH"] = path
        install_dialog.InstallDialog.exec = before
        QgsSettings().remove("kz_spatial/command")


def check_trying_the_command_leaves_the_interface_free(settings):
    from kz_spatial_results import command

    desktop, plugin = _started()
    folder = _folder(settings, "trial")
    program, told = folder / "kz-spatial", folder / "told"
    program.write_text(HANGS.format(told=str(told)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    page = desktop.options[0].createWidget(None)
    page.field.setFilePath(str(program))
    started = time.monotonic()
    page.try_it()
    assert time.monotonic() - started < 0.5, "waits for an answer"
    assert page.answer.text() == "Waiting for its answer…"
    assert not page.button.isEnabled()
    _wait(told.is_file)
    _wait(lambda: told.read_text(encoding="utf-8"))
    os.kill(int(told.read_text(encoding="utf-8")), 9)
    _wait(page.button.isEnabled)
    assert "is no kz-spatial command" in page.answer.text()
    # a page that is closed meanwhile is not written to
    threads, ask = [], command.version
    command.version = lambda arguments: threads.append(QThread.currentThread()) or ask(arguments)
    try:
        page.field.setFilePath(settings["command"])
        page.try_it()
        page.deleteLater()
        del page
        _wait(lambda: QgsApplication.taskManager().countActiveTasks() == 0)
    finally:
        command.version = ask
    assert threads[0] != QgsApplication.instance().thread()
    plugin.unload()


def check_the_dialog_in_three_languages(settings):
    """Each fits its words; pictures are left beside, to be looked at."""
    from qgis.PyQt.QtWidgets import QLabel

    QgsSettings().setValue("locale/overrideFlag", True)
    try:
        for code, button in (("en", "Install"), ("ru", "Установить"), ("kk", "Орнату")):
            QgsSettings().setValue("locale/userLocale", code)
            _, plugin = _started()
            dialog, place = _dialog(settings, f"dialog_{code}")
            dialog.python.setFilePath(PYTHON)
            dialog.wheel.setFilePath(str(_wheel(place)))
            dialog.show()
            assert dialog.button.text() == button
            close = dialog.buttons.button(QDialogButtonBox.StandardButton.Close)
            assert close.text() == {"en": "Close", "ru": "Закрыть", "kk": "Жабу"}[code]
            assert not dialog.lines.verticalScrollBar().maximum(), (
                "a line to be run is out of sight"
            )
            for label in dialog.findChildren(QLabel):
                need = label.heightForWidth(label.width()) if label.wordWrap() else 0
                assert need <= label.height(), (code, label.text())
            dialog.grab().save(str(Path(settings["tmp"]) / f"install-{code}.png"))
            dialog.close()
            plugin.unload()
            shutil.rmtree(place)
    finally:
        QgsSettings().remove("locale/overrideFlag")
        QgsSettings().remove("locale/userLocale")
