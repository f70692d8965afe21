"""What `plot` of results draws: the numbers of the result, in axes of the caller's or its own."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import kz_spatial as kz
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.palette import LISA_COLOURS, SPOT_COLOURS


@pytest.fixture(scope="module")
def table():
    return kz.aggregate(kz.join(kz.load_twin(), kz.oblasts()), by="oblast")


@pytest.fixture(scope="module")
def graph():
    return kz.contiguity(kz.oblasts(detail="light"))


@pytest.fixture(scope="module")
def payments(table):
    return table["epayment_share_mean"]


@pytest.fixture(scope="module")
def results(table, payments, graph):
    """Results that draw themselves, by name."""
    columns = table[["epayment_share_mean", "co2_monitoring_mean"]]
    sd, n = table["epayment_share_sd"], table["epayment_share_n"]
    towns = kz.settlements()
    return {
        "local_moran": kz.local_moran(payments, graph),
        "local_g": kz.local_g(payments, graph),
        "local_geary": kz.local_geary(payments, graph),
        "local_lee": kz.local_lee(payments, table["co2_monitoring_mean"], graph),
        "correlogram": kz.correlogram(payments, graph),
        "small_areas": kz.small_areas(
            payments, kz.pooled_variances(sd, n), method="yoshimori-lahiri",
            benchmark=(68.0, n),
        ),
        "density": kz.density(towns, bandwidth=90_000, cell_m=40_000),
        "ward_tree": kz.ward_tree(columns),
        "co_membership": kz.co_membership(
            kz.load_twin(), by="composite", n_clusters=3, n_draws=5,
            indicators=["epayment_share", "co2_monitoring"],
        ),
    }  # fmt: skip


NAMES = ("local_moran", "local_g", "local_geary", "local_lee", "correlogram", "small_areas",
         "density", "ward_tree", "co_membership")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_result_draws_into_the_axes_that_are_given_or_its_own(results, name):
    own = results[name].plot()
    assert own.figure is not None
    figure = Figure()
    ax = figure.subplots()
    assert results[name].plot(ax) is ax
    assert ax.has_data()
    own.figure.canvas.draw()


def test_a_scatterplot_holds_values_and_neighbours_coloured_by_class(results, payments, graph):
    found = results["local_moran"]
    ax = found.plot()
    points = ax.collections[0]
    known = found.frame[found.frame["lag"].notna()]
    np.testing.assert_allclose(points.get_offsets(), known[["value", "lag"]])
    colours = [to_hex(each) for each in points.get_facecolors()]
    assert colours == [LISA_COLOURS[each] for each in known["label"]]
    line = ax.lines[-1].get_xydata()
    slope = (line[1, 1] - line[0, 1]) / (line[1, 0] - line[0, 0])
    assert slope == pytest.approx(kz.moran(payments, graph).statistic)
    assert [each.get_text() for each in ax.texts] == list(known.index)
    told = {each.get_text() for each in ax.get_legend().get_texts()}
    assert told == set(known["label"])


def test_bars_run_from_the_largest_down_in_the_colours_of_classes(results):
    frame = results["local_g"].frame
    ax = results["local_g"].plot()
    wanted = frame["z"].sort_values(kind="stable")
    assert [each.get_width() for each in ax.patches] == pytest.approx(wanted.tolist())
    assert [each.get_text() for each in ax.get_yticklabels()] == list(wanted.index)
    shown = [to_hex(each.get_facecolor()) for each in ax.patches]
    assert shown == [SPOT_COLOURS[each] for each in frame["label"].reindex(wanted.index)]
    assert ax.get_xlabel() == "local G*, z"
    geary = results["local_geary"]
    ax = geary.plot()
    assert [each.get_width() for each in ax.patches] == pytest.approx(
        geary.frame["statistic"].sort_values(kind="stable").tolist()
    )
    assert ax.get_xlabel() == "local Geary"


def test_a_correlogram_is_filled_where_p_is_small(results):
    frame = results["correlogram"].frame
    frame = frame[frame["statistic"].notna()]
    ax = results["correlogram"].plot()
    points = ax.collections[0]
    np.testing.assert_allclose(points.get_offsets()[:, 1], frame["statistic"])
    np.testing.assert_allclose(points.get_offsets()[:, 0], frame.index)
    filled = [to_hex(each) != "#ffffff" for each in points.get_facecolors()]
    assert filled == (frame["p"] < 0.05).tolist()
    np.testing.assert_allclose(ax.lines[1].get_ydata(), frame["expected"])


def test_small_areas_are_drawn_with_errors_and_direct_means(results):
    found = results["small_areas"]
    ax = found.plot()
    order = found.benchmarked.sort_values(kind="stable").index
    assert [each.get_text() for each in ax.get_yticklabels()] == list(order)
    np.testing.assert_allclose(np.asarray(ax.lines[0].get_xdata(), float), found.benchmarked[order])
    bars = ax.collections[0]
    ends = np.array([each.vertices[:, 0] for each in bars.get_paths()])
    reach = 1.959964 * np.sqrt(found.frame["mse"][order])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * reach)
    direct = ax.collections[-1].get_offsets()[:, 0]
    np.testing.assert_allclose(np.asarray(direct, float), found.frame["direct"][order])


def test_a_surface_is_drawn_north_up_in_kilometres(results):
    found = results["density"]
    ax = found.plot()
    (image,) = ax.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), found.values)
    left, right, bottom, top = image.get_extent()
    rows, columns = found.values.shape
    assert (right - left, top - bottom) == pytest.approx((40 * columns, 40 * rows))
    assert left == pytest.approx(found.transform.c / 1000)
    assert image.origin == "upper"


def test_a_matrix_and_a_tree_name_their_units(results):
    ax = results["co_membership"].plot()
    shares = results["co_membership"].matrix
    np.testing.assert_array_equal(np.asarray(ax.images[0].get_array()), shares)
    assert [each.get_text() for each in ax.get_yticklabels()] == list(shares.index)
    assert "5 draws" in ax.get_title()
    ax = results["ward_tree"].plot()
    assert {each.get_text() for each in ax.get_yticklabels()} == set(results["ward_tree"].units)


def test_units_without_a_value_are_left_out(graph, payments):
    few = payments.copy()
    few.loc["KZ-35"] = np.nan
    ax = kz.local_moran(few, graph).plot()
    assert "KZ-35" not in [each.get_text() for each in ax.texts]
    assert len(ax.texts) == 19
    alike = pd.Series(1.0, payments.index)
    with pytest.raises(NotEnoughDataError, match="no unit has a value"):
        kz.local_moran(alike, graph).plot()
