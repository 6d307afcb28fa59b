"""The connectivity matrix as an image, binned where there are more cells than pixels."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._arguments import is_bool
from livn_core.plotting._figure import blank, colour, styled

SMALLEST = 40
"""No population gets less than one part in so many of the picture, as long as it has the cells."""


@attrs.frozen(eq=False)
class Bins:
    """Which rows, and columns, each population has in the picture."""

    starts: dict[str, int]
    sizes: dict[str, int]
    cells: IntArray
    """int64: how many cells each row stands for."""

    @classmethod
    def of(cls, counts: dict[str, int], size: int) -> Bins:
        """Share the rows of a picture out over populations."""
        total = sum(counts.values())
        least = max(size // SMALLEST, 1)
        sizes = {
            name: min(count, max(round(count / max(total, size) * size), least)) if total > size else count
            for name, count in counts.items()
        }
        starts = np.cumsum([0, *sizes.values()]).tolist()
        cells = [
            np.bincount(np.arange(counts[name]) * rows // counts[name], minlength=rows) for name, rows in sizes.items()
        ]
        return cls(dict(zip(sizes, starts[:-1], strict=True)), sizes, np.concatenate(cells))

    def rows(self, name: str, places: AnyArray, count: int) -> AnyArray:
        """The row of each cell, given by its place among the cells of its population."""
        return self.starts[name] + places.astype(np.int64) * self.sizes[name] // count


@styled
def matrix(system: Any, size: int, figure: Any) -> Any:
    """Draw the matrix; see :meth:`livn_core.plotting.Plot.matrix`."""
    counts = {name: system.population_count(name) for name in system.populations if system.population_count(name)}
    if is_bool(size) or size < 1:
        raise InvalidArgumentError(f"the size of a picture is a number of rows, 1 or more, not {size!r}")
    if not counts:
        raise InvalidArgumentError(f"{system.name}: there are no cells, so there is nothing to draw")
    bins = Bins.of(counts, int(size))
    edges = _edges(system, counts, bins)
    density = edges / np.outer(bins.cells, bins.cells)
    drawn = blank(figure, 6.9, 5.8)
    axes = drawn.add_subplot()
    image = _image(axes, density)
    _mark_populations(axes, bins, system.populations)
    drawn.colorbar(
        image,
        ax=axes,
        label="edges per pair of cells",
        shrink=0.85,
        extend="max" if density.max() > image.norm.vmax else "neither",
    )
    binned = "" if len(bins.cells) == sum(counts.values()) else f", in {len(bins.cells)} bins"
    drawn.suptitle(f"{system.name}: {int(edges.sum()):,} edges{binned}", x=0.02, ha="left", fontsize=12)
    return drawn


def _edges(system: Any, counts: dict[str, int], bins: Bins) -> npt.NDArray[np.float64]:
    size = len(bins.cells)
    found = np.zeros(size * size, np.int64)
    for pre, post in system.projection_names:
        projection = system.projection(pre, post)
        first, second = projection.pre.gids, projection.post.gids
        for block in projection.blocks():
            rows = bins.rows(pre, np.searchsorted(first, block.pre_gids), counts[pre])
            columns = bins.rows(post, np.searchsorted(second, block.post_gid_per_edge), counts[post])
            found += np.bincount((rows * size + columns).astype(np.intp, copy=False), minlength=size * size)
    return found.reshape(size, size).astype(np.float64)


def _image(axes: Any, density: npt.NDArray[np.float64]) -> Any:
    from matplotlib.colors import PowerNorm

    used = density[density > 0]
    # One crowded bin would leave all others pale.
    top = float(np.quantile(used, 0.995)) if used.size else 1.0
    return axes.imshow(
        np.ma.masked_equal(density, 0), cmap="magma_r", norm=PowerNorm(0.5, 0, top), interpolation="nearest"
    )


def _mark_populations(axes: Any, bins: Bins, populations: list[str]) -> None:
    starts = np.array(list(bins.starts.values()))
    sizes = np.array(list(bins.sizes.values()))
    middles = starts + sizes / 2 - 0.5
    names = list(bins.starts)
    axes.set_xticks(middles, names, rotation=90 if len(names) > 4 else 0)
    axes.set_yticks(middles, names)
    axes.tick_params(length=0)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_color(colour(populations.index(label.get_text())))
    for border in starts[1:] - 0.5:
        axes.axhline(border, color="#666666", linewidth=0.6)
        axes.axvline(border, color="#666666", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    axes.set_xlabel("onto")
    axes.set_ylabel("from")
