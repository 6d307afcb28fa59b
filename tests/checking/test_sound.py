"""Sound files give no findings, or none that is an error; what reading refuses is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("h5py")

from livn_core import (
    BackendConnectionError,
    FormatError,
    default_backends,
    hookimpl,
    open_neuroh5,
    predefined,
    validate,
)
from livn_core.checking import RULES
from livn_core.testing import CASES, Content, read_content

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(params=["pyfive", "h5py"])
def backend(request):
    if request.param not in default_backends().names:
        pytest.skip(f"backend {request.param} is not installed")
    return request.param


def test_a_system_with_one_of_everything(sound, backend):
    assert list(validate(sound, backend=backend)) == []


@pytest.mark.parametrize("path", [ROOT / "systems" / "graphs" / name for name in ("EI1", "EI2")], ids=lambda p: p.name)
def test_the_systems_of_this_repository(path, backend):
    assert list(validate(path, backend=backend)) == []


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.h5")), ids=lambda path: path.name)
def test_what_neuroh5_wrote(path, backend):
    found = {one.code for one in validate(path, backend=backend)}
    # neuroh5 itself returns other bytes for int8 edges than it wrote.
    assert found == ({"edge-attribute-int8"} if path.name == "f_dtypes.h5" else set())


@pytest.mark.parametrize("path", sorted((REFERENCE / "edge-cases").glob("*.h5")), ids=lambda path: path.name)
def test_an_odd_file_has_an_error_where_reading_refuses_it(path, backend):
    try:
        with open_neuroh5(path, backend=backend) as file:
            read_content(file)
        sound = True
    except FormatError:
        sound = False
    assert validate(path, backend=backend).ok == sound


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_kit(case, tmp_path, backend):
    path = tmp_path / "file.h5"
    outcome = case.write(path)
    assert validate(path, backend=backend).ok == isinstance(outcome, Content)


def test_every_rule_has_a_defect_that_breaks_it():
    planted = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_planted_*.py"))
    assert [code for code in RULES if f'"{code}"' not in planted] == []


def test_the_most_severe_come_first(system, edit_json):
    edit_json("mea.json", lambda content: content.update(input_radius=0))
    edit_json("model.json", lambda content: content.update(cls="os.system"))
    found = validate(system)
    assert [one.severity for one in found] == ["error", "warning"]
    assert found.counts == {"error": 1, "warning": 1, "info": 0}
    assert not found.ok


def test_by_name_of_a_system_that_ships():
    assert validate(predefined("EI1")).ok


def test_a_server_that_leaves_in_the_middle_was_chosen_as_for_the_first_file(system):
    class Leaves:
        @hookimpl
        def livn_backend_priority(self):
            return 1000

        @hookimpl
        def livn_backend_open(self, source, options):
            if source.endswith("connections.h5"):
                raise BackendConnectionError("server down")
            return default_backends().get("pyfive").open(source)

    default_backends().register(Leaves(), "leaves")
    try:
        with pytest.raises(BackendConnectionError) as caught:
            validate(system)
    finally:
        default_backends().refresh()
    assert "'leaves' (registered by hand), chosen by priority" in caught.value.__notes__[0]
