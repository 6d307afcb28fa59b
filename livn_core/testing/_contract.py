"""What an opened file must do, as functions on that file: the parts of the kit that are not about NeuroH5.

Each raises an ``AssertionError`` that says what the contract asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.h5file import AnyArray, H5File, Ranges, SupportsReadMany
from livn_core.testing._content import Content, same_array

if TYPE_CHECKING:
    import h5py

ROWS = "/H5Types/Populations"
LABELS = "/H5Types/Population labels"
NUMBERS = np.arange(1000, dtype=np.uint32) * 7
FLAGS = np.array([1, 0, 1, 1], np.int8)
SWAPPED = np.array([1.5, -2.5, 258], np.float32)
ENUM = {"soma": 1, "dendrite": 3}


def write_contract_file(file: h5py.File) -> Content:
    """Fill the file that the functions here look at."""
    import h5py

    from livn_core.testing import _raw

    _raw.types(file, [("B", 0, 2), ("A", 2, 3)], {"A": 1, "B": 0})
    group = file.create_group("outer/inner")
    group.create_dataset("numbers", data=NUMBERS)
    group.create_dataset("chunked", data=NUMBERS, chunks=(64,), maxshape=(None,), compression="gzip", shuffle=True)
    group.create_dataset("empty", data=NUMBERS[:0])
    group.create_dataset("flags", data=FLAGS.astype(bool))
    group.create_dataset("swapped", data=SWAPPED.astype(">f4"))
    labels = h5py.enum_dtype(ENUM, basetype=np.dtype("u1"))
    group.create_dataset("labelled", data=np.array([1, 3, 3], labels), dtype=labels)
    return Content({"B": (0, 2), "A": (2, 3)})


def check_paths(file: H5File) -> None:
    """Paths are absolute or relative, and name groups, datasets and committed types."""
    for path in ("/outer/inner/numbers", "outer/inner/numbers"):
        assert path in file, f"{path!r} must be in the file"
        assert file[path].shape == (1000,), f"{path!r} must have the shape of the dataset"
    inner = file["outer"]["inner"]
    assert inner["numbers"].shape == (1000,), "a group must find what lies below it"
    assert sorted(file.keys()) == ["H5Types", "outer"], "keys() must name the members"
    expected = ["chunked", "empty", "flags", "labelled", "numbers", "swapped"]
    assert sorted(inner.keys()) == expected, "keys() must name the members"


def check_missing_paths(file: H5File) -> None:
    """What is not there is a ``KeyError``, wherever along the path it is missing."""
    for path in ("nothing", "/nothing/below", "outer/nothing", "outer/inner/numbers/below"):
        assert path not in file, f"{path!r} must not be in the file"
        try:
            found = file[path]
        except KeyError:
            continue
        raise AssertionError(f"file[{path!r}] must raise a KeyError, not return {found!r}")


def check_dtypes(file: H5File) -> None:
    """Dtypes are native, bools and enums integers, and slicing gives the dtype that was announced."""
    expected: dict[str, AnyArray] = {"labelled": np.array([1, 3, 3], np.uint8)}
    expected |= {"numbers": NUMBERS, "chunked": NUMBERS, "empty": NUMBERS[:0], "flags": FLAGS, "swapped": SWAPPED}
    for name, values in expected.items():
        dataset = file[f"/outer/inner/{name}"]
        assert dataset.dtype == values.dtype, f"{name}: dtype must be {values.dtype}, not {dataset.dtype}"
        assert dataset.dtype.isnative, f"{name}: the dtype must be native"
        same_array(name, dataset[:], values)


def check_compound(file: H5File) -> None:
    """A compound dataset comes as a structured array."""
    rows = file[ROWS][:]
    fields = ("Start", "Count", "Population")
    assert rows.dtype.names == fields, f"the rows of {ROWS} must have the fields {fields}, not {rows.dtype}"
    found = [(int(row["Start"]), int(row["Count"]), int(row["Population"])) for row in rows]
    assert found == [(0, 2, 0), (2, 3, 1)], f"the rows of {ROWS} came as {found}"


def check_labels(file: H5File) -> None:
    """An enum's labels are ``dtype.metadata["enum"]``: on a dataset, on a field, and on a committed type."""
    _check_enum(file["/outer/inner/labelled"].dtype, ENUM, "a dataset")
    _check_enum(file[ROWS].dtype["Population"], {"A": 1, "B": 0}, "the field of a compound dataset")
    _check_enum(file[LABELS].dtype, {"A": 1, "B": 0}, "a committed type")


def _check_enum(dtype: np.dtype[Any], expected: dict[str, int], where: str) -> None:
    found: Mapping[str, int] = (dtype.metadata or {"enum": {}}).get("enum", {})
    labels = {str(name): int(value) for name, value in found.items()}
    assert labels == expected, f"the labels of {where} must be {expected}, not {labels}"


def check_slices(file: H5File) -> None:
    """Every slice of step 1 inside the extent gives what numpy gives."""
    for name in ("numbers", "chunked"):
        dataset = file[f"/outer/inner/{name}"]
        for start, stop in [(0, 1000), (0, 1), (999, 1000), (63, 65), (64, 128), (500, 500), (1000, 1000), (1, 999)]:
            same_array(f"{name}[{start}:{stop}]", dataset[start:stop], NUMBERS[start:stop])
        same_array(f"{name}[:]", dataset[:], NUMBERS)


def check_arrays_are_own(file: H5File) -> None:
    """What slicing gives belongs to the caller: it can be written to, and nobody else sees that."""
    for name in ("numbers", "chunked"):
        dataset = file[f"/outer/inner/{name}"]
        first = dataset[:]
        assert first.flags.writeable, f"{name}: a slice must be a writeable array"
        first[:] = 0
        same_array(f"{name} after its first slice was overwritten", dataset[:], NUMBERS)


def check_closing(open_: Callable[[], H5File]) -> None:
    """A ``with`` block closes, closing twice is harmless, and a closed file gives nothing."""
    with open_() as file:
        dataset = file["/outer/inner/numbers"]
        kept = dataset[0:5]
    same_array("an array after its file was closed", kept, NUMBERS[:5])
    file.close()
    uses: dict[str, Callable[[], object]] = {
        "file[...]": lambda: file["/outer/inner/chunked"][:],
        "a dataset": lambda: dataset[:],
    }
    for what, use in uses.items():
        try:
            use()
        except (ValueError, OSError, RuntimeError):
            continue
        except KeyError as error:
            raise AssertionError(f"{what} of a closed file must not claim that nothing is there") from error
        raise AssertionError(f"{what} of a closed file must raise an error")


def requests(rng: np.random.Generator) -> list[Ranges]:
    """Ask for ranges in every way that is allowed: unordered, overlapping, repeated, empty, none."""
    found = [Ranges.whole("/outer/inner/numbers", 1000), Ranges.whole("/outer/inner/empty", 0)]
    for path in ("/outer/inner/numbers", "/outer/inner/chunked"):
        starts = rng.integers(0, 1000, 40)
        stops = np.minimum(starts + rng.integers(0, 130, 40), 1000)
        found += [Ranges(path, starts, stops), Ranges(path, starts[:0], stops[:0])]
        found.append(Ranges(path, np.array([990, 0, 0, 5]), np.array([1000, 10, 10, 5])))
    size = found[2].size
    found.append(Ranges(found[2].path, found[2].starts, found[2].stops, np.empty(size, np.uint32)))
    found.append(Ranges(found[2].path, found[2].starts, found[2].stops, np.empty(size, np.int64)))
    found.append(Ranges(found[2].path, found[2].starts, found[2].stops, np.empty((size, 3))[:, 1]))
    found.append(Ranges.whole("/outer/inner/chunked", 1000, np.empty((1000, 3))[:, 1]))
    found.append(Ranges.whole("/outer/inner/numbers", 1000, np.empty((1000, 3))[:, 2]))
    return found


def check_read_many(file: SupportsReadMany) -> None:
    """Each result is the concatenation of its ranges in request order; ``out`` is filled and returned."""
    assert file.read_many([]) == [], "no requests must give no results"
    asked = requests(np.random.default_rng(1))
    results = file.read_many(asked)
    assert len(results) == len(asked), "there must be one result for each request"
    for request, result in zip(asked, results, strict=True):
        pieces = [NUMBERS[a:b] for a, b in zip(request.starts, request.stops, strict=True)]
        expected = np.concatenate([NUMBERS[:0], *pieces])
        if request.out is not None:
            assert result is request.out, "out must be returned"
            expected = expected.astype(request.out.dtype)
        same_array(f"ranges of {request.path}", result, expected)
        assert result.flags.writeable, "a result must be a writeable array"


def check_read_many_owns(file: SupportsReadMany) -> None:
    """A result is a new array, also where the whole of a dataset is asked for."""
    for path in ("/outer/inner/numbers", "/outer/inner/chunked"):
        (first,) = file.read_many([Ranges.whole(path, 1000)])
        first[:] = 0
        (second,) = file.read_many([Ranges.whole(path, 1000)])
        same_array(f"{path} after its first result was overwritten", second, NUMBERS)


def check_threads(work: Callable[[], None], threads: int = 8, times: int = 4) -> None:
    """Do the same from several threads at once; the first error is raised."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads * times)]:
            done.result(timeout=120)
