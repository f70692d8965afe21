"""Layers of one's own: what is registered, what is computed, and each fault in one line."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import ROOT

import kz_spatial as kz
from kz_spatial.errors import CallError, DesignError, InputError
from kz_spatial.output import publish
from kz_spatial.output.tables import make_tables
from kz_spatial.study import TABLES, extensions, layer_entries
from kz_spatial.study.extensions import own_frame

OPTIONS = kz.RunOptions(draws=0, permutations=99)
THEME = kz.Theme("size", {"en": "Size"})


@pytest.fixture(scope="module")
def study():
    return kz.run_study(options=OPTIONS)


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """Whatever a test registers is gone after it."""
    monkeypatch.setattr(extensions, "_registered", {})


def layer(compute, **more):
    return kz.register_layer("own", compute, title={"en": "Own"}, themes=THEME, **more)


def areas(study):
    grouping = study.design.grouping
    return {"composite": kz.regions(grouping), "oblast": kz.oblasts(grouping=grouping)}


def frame_of(study, made):
    return own_frame(layer(lambda _: made), study, areas(study))


def test_a_frame_by_oblast_or_by_region_gets_shapes_and_names(study):
    made = pd.DataFrame({"size": [3.0, 1.0]}, index=["KZ-75", "KZ-10"])
    frame = frame_of(study, made)
    assert list(frame.columns) == [
        "oblast_code", "name_en", "name_kk", "name_ru", "size", "geometry",
    ]  # fmt: skip
    assert len(frame) == 20
    by_code = frame.set_index("oblast_code")
    assert by_code.loc["KZ-75", ["name_en", "size"]].tolist() == ["Almaty", 3.0]
    assert by_code["size"].notna().sum() == 2
    shape = kz.oblasts().geometry["KZ-10"]
    assert by_code.geometry["KZ-10"].equals(shape)
    regions = frame_of(study, pd.DataFrame({"size": [1.0]}, index=["north"]))
    assert regions["composite"].tolist() == list(study.design.grouping.codes)


def test_a_frame_with_shapes_of_its_own_keeps_them(study):
    own = kz.settlements().head(3)[["geometry"]].assign(size=[1, 2, 3])
    frame = frame_of(study, own)
    assert len(frame) == 3
    assert frame.geometry.tolist() == own.geometry.tolist()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (pd.DataFrame({"big": [1]}, ["north"]), "found columns big, expected size"),
        (None, "found columns none, expected size"),
        (pd.DataFrame({"size": [1, 2]}, ["north", "KZ-10"]), "found rows north, expected codes of"),
        (pd.DataFrame({"size": []}), "found rows none, expected codes of oblasts or of composite"),
    ],
)
def test_a_frame_that_does_not_fit_is_one_line(study, made, said):
    with pytest.raises(InputError, match=r"^layer 'own': " + said):
        frame_of(study, made)


def test_a_function_that_fails_and_a_name_that_is_taken(study):
    def broken(_):
        raise KeyError("no such thing")

    with pytest.raises(InputError, match="layer 'own': KeyError: 'no such thing'"):
        own_frame(layer(broken), study, areas(study))
    taken = kz.register_layer("composites", lambda s: s, title={"en": "x"}, themes=THEME)
    with pytest.raises(InputError, match="layer 'composites': the study has a layer of that name"):
        own_frame(taken, study, areas(study))


def test_every_fault_of_a_registration_is_told():
    theme = kz.Theme("a", {"ru": "x"}, direction=0, classes=(kz.ThemeClass(1, {}, "#000000"),))
    with pytest.raises(DesignError) as caught:
        kz.register_layer("clusters", None, title={}, themes=[theme])
    assert [each.partition(": found")[0] for each in caught.value.faults] == [
        "layer 'clusters': name",
        "layer 'clusters': title",
        "layer 'clusters': themes.a.labels",
        "layer 'clusters': themes.a.direction",
        "layer 'clusters': themes.a.classes.1",
        "layer 'clusters': compute",
    ]
    assert extensions.own_layers() == ()


def test_a_registered_layer_is_part_of_the_next_study_and_of_its_order():
    path = ROOT / "notebooks" / "extending" / "contrast.py"
    kz.load_extensions([path])
    study = kz.run_study(options=OPTIONS)
    assert [each.name for each in study.own] == ["contrast"]
    frame = study.frames["contrast"].set_index("oblast_code")
    means = study.tables["oblast"]["epayment_share_mean"]
    neighbours = kz.contiguity(kz.oblasts(detail="light")).adjacency["KZ-10"].index
    by_hand = means["KZ-10"] - means[neighbours].mean()
    assert frame.loc["KZ-10", "contrast"] == pytest.approx(by_hand)
    order = [each.name for each in layer_entries(study.design.grouping, study.own)]
    assert order == [
        "settlements",
        "oblasts",
        "composites",
        "local_moran",
        "clusters",
        "contrast",
        "density_contours",
    ]
    kz.unregister_layer("contrast")
    assert extensions.own_layers() == ()


@pytest.mark.parametrize("name", ["moran", "readiness", "regression", "settlements"])
def test_no_layer_takes_the_name_of_a_table(name):
    with pytest.raises(DesignError, match=f"name: found '{name}', which has a meaning of its own"):
        kz.register_layer(name, lambda s: s, title={"en": "x"}, themes=THEME)


def test_the_list_of_tables_is_what_a_bundle_has(study):
    made = set(make_tables(publish(study)))
    assert made <= set(TABLES)
    assert set(TABLES) - made == {"co_membership"}  # no draws were asked for


def test_files_that_cannot_be_run_are_named(tmp_path):
    with pytest.raises(CallError, match=r"none.py: no such file"):
        kz.load_extensions([tmp_path / "none.py"])
    path = tmp_path / "bad.py"
    path.write_text("1 / 0", "utf-8")
    with pytest.raises(CallError, match=r"bad.py: ZeroDivisionError: division by zero"):
        kz.load_extensions([path])
