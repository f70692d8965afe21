"""Tables as frames and in LaTeX, on results made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from kz_spatial.design import load_design
from kz_spatial.output import tables
from kz_spatial.study import Checks

DESIGN = load_design()
NOWHERE = SimpleNamespace(every=(), co_membership={})


def study(**more):
    return SimpleNamespace(
        **{
            "design": DESIGN, "tables": units(), "fits": {}, "patterns": (), "groupings": NOWHERE,
            "attrition": pd.DataFrame({"left": [3]}, pd.Index(["k33"], name="item")),
            "replication": None, "own": (), "frames": {}, "ranks": {}, "modelled_means": {},
            "models": {}, "checks": Checks(),
        } | more
    )  # fmt: skip


def units():
    """Two levels, the finer one first, as no study of the twin has them."""
    columns = {"x_mean": [1.0, 2.0], "x_suppressed": [False, True], "rank": [1, 2],
               "readiness": [0.5, -0.5], "n_firms": [9, 8]}  # fmt: skip
    return {
        "oblast": pd.DataFrame(columns, ["KZ-71", "KZ-75"]),
        "composite": pd.DataFrame(columns, ["astana", "west"]),
    }


def test_readiness_leads_with_the_unit_then_firms_score_and_rank():
    """Levels below one another as the study has them, and no flags of what is withheld."""
    found = tables._readiness(study())
    assert list(found) == [
        "level", "code", "name", "n_firms", "readiness", "rank", "x_mean",
    ]  # fmt: skip
    assert found.to_numpy().tolist() == [
        ["oblast", "KZ-71", "Astana", 9, 0.5, 1, 1.0],
        ["oblast", "KZ-75", "Almaty", 8, -0.5, 2, 2.0],
        ["composite", "astana", "Astana City", 9, 0.5, 1, 1.0],
        ["composite", "west", "West", 8, -0.5, 2, 2.0],
    ]
    assert list(found.index) == [0, 1, 2, 3]


def statistic(name, value, reason=""):
    return SimpleNamespace(
        name=name, statistic=value, expected=-0.1, z=1.5, p=0.02, alternative="greater",
        method="exact", n_arrangements=5040, n_units=7, reason=reason,
    )  # fmt: skip


def test_draws_stand_beside_moran_alone():
    """Other statistics of the indicator were not drawn again; counts are whole numbers."""
    again = SimpleNamespace(low=0.1, high=0.3, n_draws=20, n_skipped=1)
    pattern = SimpleNamespace(
        level="oblast", indicator="x", moran=statistic("Moran's I", 0.2),
        others=(statistic("Geary's C", 0.7, "why"),), resampled=again,
    )  # fmt: skip
    found = tables._moran(study(patterns=(pattern,)))
    assert list(found) == [
        "level", "indicator", "name", "statistic", "expected", "z", "p", "alternative", "method",
        "n_arrangements", "n_units", "draws_low", "draws_high", "n_draws", "n_skipped", "reason",
    ]  # fmt: skip
    first, second = found.to_dict("records")
    assert [first[c] for c in ("name", "statistic", "draws_low", "draws_high")] == [
        "Moran's I", 0.2, 0.1, 0.3,
    ]  # fmt: skip
    assert (first["n_draws"], first["n_skipped"], first["reason"]) == (20, 1, "")
    assert (second["name"], second["statistic"], second["reason"]) == ("Geary's C", 0.7, "why")
    assert pd.isna([second[c] for c in ("draws_low", "draws_high", "n_draws")]).all()
    assert str(found["n_draws"].dtype) == "Int64"
    # without draws there are no columns of them
    plain = SimpleNamespace(**vars(pattern) | {"resampled": None})
    bare = tables._moran(study(patterns=(plain,)))
    assert list(bare) == [c for c in found if "draws" not in c and c != "n_skipped"]
    assert len(bare) == 2


def local(*, resampled=True):
    frame = pd.DataFrame(
        {"value": [3.0, 1.0], "label": ["High-High", "island"]}, ["KZ-75", "KZ-71"]
    )
    changes = pd.DataFrame({"changes": [0.2, 0.0], "unstable": [True, False]}, frame.index)
    spots = pd.DataFrame({"z": [2.5, -0.5], "label": ["Hot spot", "island"]}, frame.index)
    return SimpleNamespace(
        level="oblast", indicator="x", local=SimpleNamespace(frame=frame),
        spots=SimpleNamespace(frame=spots),
        resampled=SimpleNamespace(frame=changes) if resampled else None,
    )  # fmt: skip


def test_local_moran_names_each_unit():
    found = tables._local_moran(study(patterns=(local(),)))
    assert found.to_dict("list") == {
        "level": ["oblast"] * 2, "indicator": ["x"] * 2, "code": ["KZ-75", "KZ-71"],
        "name": ["Almaty", "Astana"], "value": [3.0, 1.0], "label": ["High-High", "island"],
        "g_star_z": [2.5, -0.5], "g_star_label": ["Hot spot", "island"],
        "changes": [0.2, 0.0], "unstable": [True, False],
    }  # fmt: skip
    assert list(found) == [
        "level", "indicator", "code", "name", "value", "label", "g_star_z", "g_star_label",
        "changes", "unstable",
    ]  # fmt: skip
    bare = tables._local_moran(study(patterns=(local(resampled=False),)))
    assert list(bare) == list(found)[:-2]


def partition(k, labels):
    return SimpleNamespace(
        n_clusters=k, labels=pd.Series(labels, ["KZ-75", "KZ-71"]), method="exact", certified=True,
        gap=0.25, within_ss=1.5, total_ss=4.0,
    )  # fmt: skip


def groups(level, kind):
    frame = pd.DataFrame({"silhouette": [0.5, 0.4]}, pd.Index([2, 3], name="k"))
    choice = SimpleNamespace(
        frame=frame, best={"silhouette": 2, "gap": 3, "calinski_harabasz": 2}, n_references=50,
        reasons={"gap": "few", "dip": "none"},
    )  # fmt: skip
    by_number = {3: partition(3, [2, 3]), 2: partition(2, [1, 2])}
    return SimpleNamespace(
        level=level, kind=kind, partition=by_number[3], by_number=by_number, choice=choice
    )


FOUND = SimpleNamespace(
    every=(groups("composite", "typology"), groups("oblast", "typology"),
           groups("oblast", "regions")),
    co_membership={},
)  # fmt: skip


def test_groups_follow_the_levels_of_the_study_then_their_number():
    """The study's first level comes first, whatever its name, and two groups before three."""
    made = study(groupings=FOUND)
    asked, every = tables._clusters(made), tables._clusters_by_number(made)
    told = every[["level", "n_clusters", "kind"]].drop_duplicates().to_numpy().tolist()
    assert told == [
        ["oblast", 2, "typology"], ["oblast", 2, "regions"],
        ["oblast", 3, "typology"], ["oblast", 3, "regions"],
        ["composite", 2, "typology"], ["composite", 3, "typology"],
    ]  # fmt: skip
    assert list(asked) == list(every) == [
        "level", "kind", "n_clusters", "code", "name", "cluster", "method", "certified", "gap",
        "within_ss", "total_ss",
    ]  # fmt: skip
    assert asked.iloc[0].tolist() == [
        "composite", "typology", 3, "KZ-75", "Almaty", 2, "exact", True, 0.25, 1.5, 4.0,
    ]  # fmt: skip
    assert asked["cluster"].tolist() == [2, 3] * 3


def test_each_number_of_groups_says_who_chooses_it():
    found = tables._cluster_choice(study(groupings=FOUND))
    assert list(found) == [
        "level", "kind", "n_clusters", "silhouette", "best_by", "n_references", "reason",
    ]  # fmt: skip
    assert found.iloc[:2].to_numpy().tolist() == [
        ["composite", "typology", 2, 0.5, "silhouette; calinski_harabasz", 50,
         "gap: few; dip: none"],
        ["composite", "typology", 3, 0.4, "gap", 50, "gap: few; dip: none"],
    ]  # fmt: skip


def test_co_membership_leads_with_level_and_code():
    matrix = pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], ["a", "b"], ["a", "b"])
    shares = {"composite": SimpleNamespace(matrix=matrix, n_draws=9, n_skipped=2)}
    found = tables._co_membership(study(groupings=SimpleNamespace(every=(), co_membership=shares)))
    assert list(found) == ["level", "code", "a", "b", "n_draws", "n_skipped"]
    assert found.to_numpy().tolist() == [
        ["composite", "a", 1.0, 0.5, 9, 2], ["composite", "b", 0.5, 1.0, 9, 2],
    ]  # fmt: skip


def test_what_every_bundle_has_keeps_its_head_and_the_rest_is_left_out(monkeypatch):
    """Without patterns and groups two tables stay, empty, with the columns of full ones."""
    monkeypatch.setattr(tables, "_moran", lambda _: pd.DataFrame({"p": []}))
    own = SimpleNamespace(name="roads")
    frame = pd.DataFrame({"km": [1.0], "geometry": ["a line"]})
    found = tables.make_tables(study(own=(own,), frames={"roads": frame}))
    assert list(found) == ["readiness", "moran", "local_moran", "clusters", "attrition", "roads"]
    assert list(found["clusters"]) == list(tables._clusters(study(groupings=FOUND)))
    assert list(found["local_moran"]) == [
        "level", "indicator", "code", "name", "value", "lag", "statistic", "quadrant", "p",
        "p_min", "p_fdr", "p_bonferroni", "label", "method", "n_arrangements", "g_star_z",
        "g_star_label",
    ]  # fmt: skip
    assert not len(found["clusters"]) + len(found["local_moran"])
    assert found["attrition"].to_dict("list") == {"item": ["k33"], "left": [3]}
    assert found["roads"].to_dict("list") == {"km": [1.0]}
    again = pd.DataFrame({"table": []})
    full = tables.make_tables(study(groupings=FOUND, replication=again))
    assert {"clusters_by_number", "cluster_choice", "replication"} <= set(full)


def test_ranks_of_each_level_stand_below_one_another():
    """Each unit leads with its level, code and English name."""
    found = tables._ranks(
        study(
            ranks={
                "oblast": SimpleNamespace(
                    frame=pd.DataFrame({"rank": [2, 1], "low": [1, 1]}, ["KZ-75", "KZ-71"])
                ),
                "composite": SimpleNamespace(
                    frame=pd.DataFrame({"rank": [1], "low": [3]}, ["west"])
                ),
            }
        )
    )
    assert list(found) == ["level", "code", "name", "rank", "low"]
    assert found.to_numpy().tolist() == [
        ["oblast", "KZ-75", "Almaty", 2, 1],
        ["oblast", "KZ-71", "Astana", 1, 1],
        ["composite", "west", "West", 1, 3],
    ]
    assert list(found.index) == [0, 1, 2]
    assert tables._ranks(study()).empty


def test_small_areas_carry_the_model_behind_them():
    """Each indicator's own national mean, variance, method, rho and reason, on each of its rows."""

    def modelled(direct, national, variance, reason):
        return SimpleNamespace(
            frame=pd.DataFrame({"direct": direct}, ["KZ-75", "KZ-71"]), national=national,
            model=SimpleNamespace(variance=variance, method=f"by {variance}", reason=reason),
            spatial=SimpleNamespace(rho=national / 10),
        )  # fmt: skip

    found = tables._small_areas(
        study(
            modelled_means={
                "x": modelled([1.0, 2.0], 5.0, 0.25, "flat"),
                "z": modelled([3.0, 4.0], 7.0, 0.5, ""),
            }
        )
    )
    assert list(found) == [
        "indicator", "code", "name", "direct", "national", "variance_between", "method", "rho",
        "reason",
    ]  # fmt: skip
    assert found.to_numpy().tolist() == [
        ["x", "KZ-75", "Almaty", 1.0, 5.0, 0.25, "by 0.25", 0.5, "flat"],
        ["x", "KZ-71", "Astana", 2.0, 5.0, 0.25, "by 0.25", 0.5, "flat"],
        ["z", "KZ-75", "Almaty", 3.0, 7.0, 0.5, "by 0.5", 0.7, ""],
        ["z", "KZ-71", "Astana", 4.0, 7.0, 0.5, "by 0.5", 0.7, ""],
    ]
    assert list(found.index) == [0, 1, 2, 3]
    assert tables._small_areas(study()).empty
