"""Figures are saved alike, whichever process saves them."""

from __future__ import annotations

import os
from concurrent.futures import Future

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from kz_spatial.output import pictures


def drawn(n):
    """Figures with a layout to settle, drawn as they are asked for."""
    for i in range(n):
        figure = Figure(layout="constrained")
        ax = figure.subplots()
        ax.plot([0, 1, 2], [i, i * i, 1])
        ax.set_title(f"Figure {i}")
        yield f"figure_{i}", figure


def held(folder):
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir())}


@pytest.fixture
def alone(tmp_path):
    """Four figures as one process saves them."""
    texts = pictures.FigureSaver(drawn(4)).finish(tmp_path / "alone")
    return texts, held(tmp_path / "alone")


def test_a_second_process_saves_the_same_bytes(alone, tmp_path):
    helper = pictures.second_process()
    if helper is None:
        pytest.skip("one processor, so no second process")
    assert helper.submit(os.getpid).result() != os.getpid()
    texts = pictures.FigureSaver(drawn(4), helper).finish(tmp_path / "both")
    assert (texts, held(tmp_path / "both")) == alone
    assert list(texts) == [f"figure_{i}" for i in range(4)]
    assert set(alone[1]) == {f"figure_{i}.{end}" for i in range(4) for end in ("png", "svg")}
    assert alone[1]["figure_0.png"] != alone[1]["figure_1.png"]


def test_it_works_under_the_settings_of_the_first(tmp_path):
    helper = pictures.second_process()
    if helper is None:
        pytest.skip("one processor, so no second process")
    figure = dict(drawn(1))["figure_0"]
    with mpl.rc_context({"hatch.linewidth": 7.0, "savefig.facecolor": "red"}):
        wide = pictures.FigureSaver([("a", figure)], helper).finish(tmp_path / "wide")
    plain = pictures.FigureSaver(drawn(1)).finish(tmp_path / "plain")
    assert "#ff0000" in wide["a"]
    assert "#ff0000" not in plain["figure_0"]


class Broken:
    """A second process that takes some figures and ends."""

    def __init__(self, takes):
        self.takes = takes

    def submit(self, *_):
        self.takes -= 1
        if self.takes < 0:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = Future()
        future.set_running_or_notify_cancel()
        future.set_exception(RuntimeError("a worker was killed"))
        return future


class Idle:
    """One that never comes to begin."""

    def submit(self, *_):
        return Future()


@pytest.mark.parametrize("helper", [Broken(0), Broken(2), Idle()])
def test_what_a_second_process_leaves_is_saved_by_the_first(alone, tmp_path, helper):
    texts = pictures.FigureSaver(drawn(4), helper).finish(tmp_path / "left")
    assert (texts, held(tmp_path / "left")) == alone


def test_a_figure_that_cannot_be_saved_says_why(tmp_path):
    bad = Figure()
    bad.text(0.5, 0.5, "$\\frac{$")
    with pytest.raises(ValueError, match="frac"):
        pictures.FigureSaver([("bad", bad)], pictures.second_process()).finish(tmp_path / "bad")


def test_a_single_processor_saves_alone(monkeypatch):
    import loky

    monkeypatch.setattr(loky, "cpu_count", lambda: 1)
    assert pictures.second_process() is None
    monkeypatch.setattr(loky, "cpu_count", lambda: 2)

    def refused(**_):
        raise OSError("no semaphores")

    monkeypatch.setattr(loky, "get_reusable_executor", refused)
    assert pictures.second_process() is None


class Eager:
    """One that has done its work at once, and remembers what it was asked."""

    def __init__(self):
        self.asked, self.cancelled = [], []

    def submit(self, work, *given):
        self.asked.append(work)
        future = Future()
        if given:
            future.set_result((f"png {len(self.asked)}".encode(), f"svg {len(self.asked)}"))
        cancel = future.cancel
        future.cancel = lambda: self.cancelled.append(len(self.asked)) or cancel()
        return future


def test_what_a_second_process_made_is_what_is_written(tmp_path):
    """Every figure is handed over as it is drawn, and none is saved again here."""
    helper = Eager()
    texts = pictures.FigureSaver(drawn(3), helper).finish(tmp_path / "its")
    assert texts == {f"figure_{i}": f"svg {i + 1}" for i in range(3)}
    assert (tmp_path / "its" / "figure_1.png").read_bytes() == b"png 2"
    assert (tmp_path / "its" / "figure_2.svg").read_text() == "svg 3"
    assert len(helper.asked) == 3


class Slow:
    """One that has begun the first figure alone when the others are asked back."""

    def __init__(self):
        self.taken = []

    def submit(self, _, figure, __):
        future = Future()
        name = figure.axes[0].get_title()
        if not self.taken:
            future.set_result((b"png", "svg"))
        future.cancel, cancel = (lambda: self.taken.append(name) or cancel()), future.cancel
        return future


def test_the_last_figures_are_saved_here_first(tmp_path):
    """The second process works from the first figure on, so the two meet in the middle."""
    helper = Slow()
    pictures.FigureSaver(drawn(3), helper).finish(tmp_path / "both")
    assert helper.taken == ["Figure 2", "Figure 1", "Figure 0"]


def test_the_layout_is_settled_once():
    figure = dict(drawn(1))["figure_0"]
    png, text = pictures._pictures(figure)
    assert type(figure.get_layout_engine()).__name__ == "PlaceHolderLayoutEngine"
    assert png.startswith(b"\x89PNG")
    assert text == pictures.svg_text(figure)


def test_two_processors_load_one_other_process(monkeypatch):
    import loky

    helper, asked = Eager(), {}
    monkeypatch.setattr(loky, "cpu_count", lambda: 2)
    monkeypatch.setattr(loky, "get_reusable_executor", lambda **how: asked.update(how) or helper)
    assert pictures.second_process() is helper
    assert asked["max_workers"] == 1
    assert helper.asked == [pictures._load]
