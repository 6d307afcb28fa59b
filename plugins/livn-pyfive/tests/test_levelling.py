"""What differs between pyfive and h5py, and may not differ for the core."""

from __future__ import annotations

import pickle
import warnings

import h5py
import numpy as np
import pytest

from livn_core.errors import ClosedFileError, FormatError

REFERENCE = ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"]


def base_integers(values):
    return values.view(np.int8) if values.dtype == np.bool_ else values


def assert_same_object(mine, theirs):
    if isinstance(theirs, h5py.Dataset):
        expected = base_integers(theirs[...])
        assert mine.shape == theirs.shape
        assert mine[...].dtype == expected.dtype
        assert mine[...].tobytes() == expected.tobytes()
        assert (mine.dtype.metadata or {}).get("enum") == h5py.check_enum_dtype(theirs.dtype)
    elif isinstance(theirs, h5py.Datatype):
        assert mine.dtype == theirs.dtype
        assert not hasattr(mine, "shape")
    else:
        assert list(mine.keys()) == sorted(theirs.keys())
        assert not hasattr(mine, "shape")


@pytest.mark.parametrize("name", REFERENCE)
def test_everything_in_a_file_of_neuroh5_is_as_h5py_sees_it(reference, open_file, name):
    seen = []
    mine = open_file(reference / f"{name}.h5")

    def compare(path, theirs):
        seen.append(path)
        assert_same_object(mine[path], theirs)
        assert_same_object(mine[f"/{path}"], theirs)

    with warnings.catch_warnings(), h5py.File(reference / f"{name}.h5") as theirs:
        warnings.simplefilter("error")
        theirs.visititems(compare)
    assert len(seen) > 10


def test_committed_types_that_pyfive_cannot_follow(reference, open_file):
    types = open_file(reference / "a_two_pops.h5")["H5Types"]
    valid = types["Valid population projections"]
    assert valid.dtype.names == ("Source", "Destination")
    assert valid[:].tolist() == [(0, 0), (0, 1), (1, 0), (1, 1)]
    labels = types["Population labels"].dtype.metadata["enum"]
    assert labels == {"EXC": 0, "INH": 1}
    assert types["Populations"].dtype["Population"].metadata["enum"] == labels


@pytest.fixture
def odd(tmp_path):
    """One dataset of each kind that needs levelling, and of kinds that are not read."""
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as file:
        file["bools"] = np.array([True, False, True])
        file["big"] = np.arange(5, dtype=">f4")
        enum = h5py.enum_dtype({"A": 0, "B": 7}, basetype=">u2")
        file.create_dataset("enums", data=np.array([0, 7, 7]), dtype=enum)
        file["committed"] = np.dtype([("x", "<u2"), ("y", enum), ("z", ">f8")])
        file.create_dataset("compounds", shape=(3,), dtype=file["committed"])
        file["compounds"][:] = np.array([(1, 7, 0.5), (2, 0, 1.5), (3, 7, -1)], file["compounds"].dtype)
        nested = np.dtype([("a", enum), ("b", [("c", "<i1"), ("d", enum)])])
        file.create_dataset("nested", data=np.array([(1, (2, 7))] * 2, nested))
        file["scalar"] = np.float16(2.5)
        file["table"] = np.arange(12, dtype=">i4").reshape(3, 4)
        file["strings"] = ["a", "b"]
        file["fixed"] = np.array([b"ab"])
        file["arrays"] = np.zeros(2, np.dtype([("x", "<i4", (3,))]))
        file["complex"] = np.zeros(2, "c8")
        file["group/inner"] = np.arange(3)
        file["soft"] = h5py.SoftLink("/group/inner")
        file["group/relative"] = h5py.SoftLink("inner")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["circle"] = h5py.SoftLink("/circle")
        file["empty"] = h5py.Empty("f4")
        file["bools"].attrs["text"] = "not looked at"
    return path


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("name", ["bools", "big", "enums", "compounds", "nested", "scalar", "table", "committed"])
def test_values_are_native_base_integers_with_labels(odd, open_file, tmp_path, name, libver):
    path = tmp_path / "copy.h5"
    with h5py.File(odd) as source, h5py.File(path, "w", libver=libver) as target:
        for one in ("committed", name):
            if one not in target:
                source.copy(one, target)
    mine = open_file(path)[name]
    with h5py.File(path) as file:
        theirs = file[name]
        if name == "committed":
            assert mine.dtype == theirs.dtype.newbyteorder("=")
            return
        expected = base_integers(np.asarray(theirs[()]))
        assert mine[()].dtype == expected.dtype.newbyteorder("=")
        assert mine[()].tolist() == expected.tolist()


def test_labels_are_on_types_and_fields_and_not_on_results(odd, open_file):
    file = open_file(odd)
    assert file["enums"].dtype.metadata["enum"] == {"A": 0, "B": 7}
    assert file["compounds"].dtype["y"].metadata["enum"] == {"A": 0, "B": 7}
    assert file["bools"].dtype.metadata["enum"] == {"FALSE": 0, "TRUE": 1}
    assert file["nested"].dtype["b"]["d"].metadata["enum"] == {"A": 0, "B": 7}
    assert file["enums"][:].dtype.metadata is None
    assert pickle.loads(pickle.dumps(file["compounds"][:])).tolist() == file["compounds"][:].tolist()


@pytest.mark.parametrize(
    ("name", "what"),
    [("strings", "variable length"), ("fixed", "string"), ("arrays", "array"), ("complex", None)],
)
def test_a_type_that_is_not_read_disturbs_only_its_reader(odd, open_file, name, what):
    file = open_file(odd)
    dataset = file[name]
    assert name in file
    assert dataset.shape in ((1,), (2,))
    if what is None:
        assert dataset.dtype.names == ("r", "i")
        return
    with pytest.raises(FormatError, match=f"odd.h5: /{name}: .*{what}.*read are integers"):
        dataset[:]
    assert file["big"][:].tolist() == [0, 1, 2, 3, 4]


def test_paths(odd, open_file):
    file = open_file(odd)
    group = file["group"]
    assert group["inner"][:].tolist() == file["/group/inner"][:].tolist() == group["/group/inner"][:].tolist()
    assert file["soft"][:].tolist() == group["relative"][:].tolist() == [0, 1, 2]
    assert "soft" in file
    assert "group/inner" in file
    assert "/group" in group
    for missing in ("nothing", "/nothing", "group/nothing", "big/nothing", "dangling"):
        assert missing not in file
        with pytest.raises(KeyError, match=r"odd\.h5: there is no /"):
            file[missing]
    assert 3 not in file
    with pytest.raises(FormatError, match="circle"):
        file["circle"]


def test_slicing(odd, open_file):
    file = open_file(odd)
    big, table = file["big"], file["table"]
    assert len(big) == big.size == 5
    assert big[1:3].tolist() == big[-4:-2].tolist() == [1, 2]
    assert big[4:2].tolist() == big[9:].tolist() == []
    assert big[::2].tolist() == [0, 2, 4]
    assert big[-1] == 4
    assert big[(slice(1, 3),)].tolist() == [1, 2]
    assert table[1:, 2].tolist() == [6, 10]
    assert file["scalar"][()].shape == ()
    assert file["empty"][:].tolist() == []
    with pytest.raises(IndexError):
        big[5]


def test_picking_by_arrays(odd, open_file):
    file = open_file(odd)
    big, table = file["big"], file["table"]
    assert big[np.array([3, 1])].tolist() == big[[3, 1]].tolist() == [3, 1]
    assert big[np.array([True, False, False, True, False])].tolist() == [0, 3]
    assert table[np.array([2, 0])].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert file["group/inner"][np.array([], np.int64)].tolist() == []


def test_results_are_arrays_of_their_own(odd, open_file):
    dataset = open_file(odd)["big"]
    first = dataset[:]
    first[:] = 9
    assert dataset[:].tolist() == [0, 1, 2, 3, 4]
    assert first.flags.owndata or first.base.flags.owndata


def test_after_close_nothing_is_read(odd, open_file):
    file = open_file(odd)
    dataset, group, late = file["big"], file["group"], file["enums"]
    file.close()
    file.close()
    for use in (
        lambda: dataset[:],
        lambda: late.dtype,
        lambda: file["big"],
        lambda: "big" in file,
        lambda: list(file.keys()),
        lambda: group["inner"],
        lambda: file.read_many([]),
    ):
        with pytest.raises(ClosedFileError, match=r"odd\.h5: the file was closed"):
            use()
    assert "closed" in repr(file)
    odd.unlink()


def test_members_are_alphabetical_whatever_order_they_were_made_in(tmp_path, open_file):
    with h5py.File(tmp_path / "order.h5", "w", track_order=True) as file:
        for name in "zebra", "ant", "mule":
            file.create_group(f"all/{name}")
    assert list(open_file(tmp_path / "order.h5")["all"].keys()) == ["ant", "mule", "zebra"]


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_large_groups(tmp_path, open_file, libver):
    with h5py.File(tmp_path / "large.h5", "w", libver=libver) as file:
        for number in range(700):
            file[f"many/member {number:04}"] = [number]
    many = open_file(tmp_path / "large.h5")["many"]
    assert len(many) == 700
    assert many["member 0612"][0] == 612


def test_a_user_block_in_front(tmp_path, open_file):
    with h5py.File(tmp_path / "block.h5", "w", userblock_size=1024) as file:
        file.create_dataset("chunked", data=np.arange(1000), chunks=64, compression="gzip")
        file["contiguous"] = np.arange(1000)
    (tmp_path / "moved.h5").write_bytes(b"#" * 512 + (tmp_path / "block.h5").read_bytes()[1024:])
    for name in "block", "moved":
        file = open_file(tmp_path / f"{name}.h5")
        assert file["chunked"][:].tolist() == file["contiguous"][:].tolist() == list(range(1000))
