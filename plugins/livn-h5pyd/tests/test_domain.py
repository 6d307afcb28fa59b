"""Which domain a path means."""

from __future__ import annotations

import pytest
from livn_h5pyd.domain import domain_of, system_name

from livn_core.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("source", "domain"),
    [
        ("systems/graphs/EI1/cells.h5", "/EI1/cells.h5"),
        ("/home/me/systems/graphs/EI1/cells.h5", "/EI1/cells.h5"),
        ("EI1/cells.h5", "/EI1/cells.h5"),
        ("./EI1/cells.h5", "/EI1/cells.h5"),
        ("/x/EI1/cells.h5", "/EI1/cells.h5"),
        ("/x//y/./EI1/../EI2/cells.h5", "/EI2/cells.h5"),
        ("../EI1/cells.h5", "/EI1/cells.h5"),
        ("/data/graphs/lab/EI1/cells.h5", "/lab/EI1/cells.h5"),
        ("/graphs/old/graphs/EI1/cells.h5", "/EI1/cells.h5"),
        ("/x/subgraphs/EI1/cells.h5", "/EI1/cells.h5"),
        (r"C:\livn\systems\graphs\EI1\cells.h5", "/EI1/cells.h5"),
        (r"..\EI1\cells.h5", "/EI1/cells.h5"),
        ("/cells.h5", "/cells.h5"),
        ("hdf5://EI1/cells.h5", "/EI1/cells.h5"),
        ("hdf5:///EI1/cells.h5", "/EI1/cells.h5"),
        ("hdf5://home/graphs/EI1/cells.h5", "/home/graphs/EI1/cells.h5"),
        ("hdf5://cells.h5", "/cells.h5"),
        ("EI1/my cells ü.h5", "/EI1/my cells ü.h5"),
    ],
)
def test_domain(source, domain):
    assert domain_of(source) == domain


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("systems/graphs/EI1", "EI1"),
        ("EI1", "EI1"),
        ("EI1/", "EI1"),
        ("/x/EI1", "EI1"),
        ("/data/graphs/lab/EI1", "lab/EI1"),
        (r"C:\livn\graphs\EI1", "EI1"),
        ("hdf5://EI1", "EI1"),
        ("hdf5://lab/EI1/", "lab/EI1"),
    ],
)
def test_system(source, name):
    assert system_name(source) == name


def test_a_source_that_says_too_little_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    folder = tmp_path / "EI1" / "params"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    assert domain_of("cells.h5") == domain_of("./cells.h5") == "/EI1/cells.h5"
    assert system_name(".") == "EI1"
    monkeypatch.chdir(folder)
    assert system_name("..") == "EI1"
    assert domain_of("../cells.h5") == "/EI1/cells.h5"


@pytest.mark.parametrize("source", ["hdf5://", "hdf5://../EI1/cells.h5", "/"])
def test_what_names_no_domain_is_refused(source):
    with pytest.raises(InvalidArgumentError, match="names no domain"):
        domain_of(source)
