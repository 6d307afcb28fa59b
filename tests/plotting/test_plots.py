"""Pictures show what they should, and change nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from livn_core import predefined, write_system
from livn_core.errors import InvalidArgumentError
from livn_core.neuroh5 import Edges
from livn_core.plotting import KINDS
from livn_core.system import System

mpl = pytest.importorskip("matplotlib")
pytest.importorskip("h5py")


@pytest.fixture
def culture():
    with System(predefined("EI1")) as system:
        yield system


@pytest.fixture
def many(tmp_path):
    """Fourteen populations in space, of very different sizes, each projecting onto most of the others."""
    rng = np.random.default_rng(1)
    counts = {f"P{index}": count for index, count in enumerate([900, 300, 2, 5] + [20] * 10)}
    starts = dict(zip(counts, np.cumsum([0, *counts.values()]).tolist(), strict=False))
    places = {
        name: {f"{axis} Coordinate": rng.uniform(0, 500, count).astype(np.float32) for axis in "XYZ"}
        for name, count in counts.items()
    }
    projections = {}
    for pre, size in counts.items():
        for post, count in list(counts.items())[:3]:
            sources = rng.integers(0, size, count * 3) + starts[pre]
            projections[pre, post] = Edges(np.arange(count) + starts[post], np.arange(count + 1) * 3, sources, {})
    cells = {name: {"Generated Coordinates": one} for name, one in places.items()}
    with System(write_system(tmp_path / "many", counts, projections, cells=cells)) as system:
        yield system


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["culture", "many"])
def test_every_kind_of_every_system(request, name, kind, tmp_path):
    system = request.getfixturevalue(name)
    before = dict(mpl.rcParams)
    figure = getattr(system.plot, kind)()
    assert dict(mpl.rcParams) == before
    for suffix in ("png", "svg"):
        figure.savefig(tmp_path / f"x.{suffix}", dpi=40)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert system.name in figure.get_suptitle()
    for axes in figure.axes:
        assert not axes.axison or (axes.get_xlabel() or axes.get_ylabel())


def test_cells_are_where_they_are(culture):
    figure = culture.plot.cells(view="xy")
    (axes,) = figure.axes
    drawn = {one.get_label(): np.asarray(one.get_offsets()) for one in axes.collections}
    assert set(drawn) == {"EXC (8)", "INH (2)", "electrodes (1)"}
    assert (drawn["EXC (8)"] == culture.coordinate_array("EXC")[:, 1:3]).all()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (µm)", "y (µm)")
    assert {one.get_label() for one in culture.plot.cells(electrodes=False).axes[0].collections} == {
        "EXC (8)",
        "INH (2)",
    }


def test_a_micrometre_is_as_long_in_every_view(many):
    figure = many.plot.cells()
    assert [(one.get_xlabel()[0], one.get_ylabel()[0]) for one in figure.axes] == [("x", "y"), ("x", "z"), ("z", "y")]
    width, height = figure.get_size_inches()
    scales = []
    for axes in figure.axes:
        place = axes.get_position()
        scales += [place.width * width / np.ptp(axes.get_xlim()), place.height * height / np.ptp(axes.get_ylim())]
    assert scales == pytest.approx([scales[0]] * 6)


def test_populations_can_be_told_apart(many):
    looks = set()
    for one in many.plot.cells(view="xz").axes[0].collections:
        looks.add((tuple(one.get_facecolor()[0]), one.get_paths()[0].vertices.tobytes()))
    assert len(looks) == 14


def test_in_degrees_are_counted(culture):
    figure = culture.plot.degrees()
    assert [one.get_title(loc="left") for one in figure.axes] == ["onto EXC", "onto INH"]
    for axes, post in zip(figure.axes, ("EXC", "INH"), strict=True):
        assert axes.get_ylim()[1] >= max(
            np.bincount(culture.projection(pre, post).in_degree()).max() for pre in ("EXC", "INH")
        )


def test_probabilities_are_those_of_the_statistics(culture):
    figure = culture.plot.distance(bins=[0, 10, 20, 30])
    (line,) = [one for one in figure.axes[0].lines if one.get_label() == "INH"]
    expected = culture.distance_statistics("INH", "EXC", [0, 10, 20, 30]).probability
    assert line.get_ydata() == pytest.approx(expected, nan_ok=True)
    assert line.get_xdata().tolist() == [5, 15, 25]


def test_a_matrix_of_few_cells_is_exact(culture):
    figure = culture.plot.matrix()
    image = figure.axes[0].images[0].get_array().filled(0)
    expected = np.zeros((10, 10))
    for pre, post in culture.projection_names:
        edges = culture.projection(pre, post).read()
        np.add.at(expected, (edges.pre_gids, edges.post_gid_per_edge), 1)
    assert (image == expected).all()


@pytest.mark.parametrize("size", [1, 7, 60, 400])
def test_a_binned_matrix_loses_no_edge(many, size):
    from livn_core.plotting._matrix import Bins, _edges

    counts = {name: many.population_count(name) for name in many.populations}
    bins = Bins.of(counts, size)
    assert bins.cells.sum() == many.num_neurons
    assert (bins.cells > 0).all()
    assert all(bins.sizes.values())
    assert _edges(many, counts, bins).sum() == many.summary()["num_edges"]
    assert many.plot.matrix(size=size).axes[0].images[0].get_array().shape == (len(bins.cells),) * 2


def test_more_projections_than_fit_are_mentioned(many):
    titles = [one.get_title(loc="left") for one in many.plot.degrees().axes if one.axison]
    assert titles[0] == "onto P0 (8 more not shown)"
    assert len(titles) == 3


def test_into_a_figure_that_is_there(culture):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert culture.plot.cells(figure=left) is left
    assert culture.plot.matrix(figure=right) is right
    figure.savefig("/dev/null", format="png", dpi=30)


def test_a_part_is_drawn_in_the_same_colours(culture):
    def colours(plot):
        return {
            one.get_label()[:3]: one.get_facecolor()[0].tolist()
            for one in plot.cells(electrodes=False).axes[0].collections
        }

    assert colours(culture.subset({"INH": [8]}).plot) == {"INH": colours(culture.plot)["INH"]}


def test_in_a_notebook_it_is_a_picture(culture):
    assert culture.plot.cells()._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("draw", "problem"),
    [
        (lambda plot: plot.cells(view="zz"), "view='zz' is no view"),
        (lambda plot: plot.matrix(size=0), "a number of rows, 1 or more, not 0"),
        (lambda plot: plot.matrix(size=True), "a number of rows, 1 or more, not True"),
    ],
)
def test_nonsense_is_refused(culture, draw, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        draw(culture.plot)


def test_nothing_to_draw(culture, tmp_path):
    nothing = culture.subset(0)
    for kind in KINDS:
        with pytest.raises(InvalidArgumentError, match="nothing to draw"):
            getattr(nothing.plot, kind)()


def test_pyplot_is_not_imported():
    code = (
        "import sys, io\nfrom livn_core import System, predefined\n"
        "System(predefined('EI1')).plot.cells().savefig(io.BytesIO())\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120, cwd=Path(__file__).parent)
