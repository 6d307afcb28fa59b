"""What neuroh5 did not read is said where a user looks: in the file's selection."""

from __future__ import annotations

from livn_neuroh5.file import open_file

from livn_core import Selection
from livn_core.neuroh5 import NeuroH5File

NOTE = (
    "read with pyfive: /Projections/Q/P/Types/i8: neuroh5 returns other values for int8, or ends the process, "
    "and it reads all attributes of a namespace or none"
)


def test_notes_are_part_of_the_selection(reference, from_json):
    path = str(reference / "f_dtypes.h5")
    library = from_json(reference / "f_dtypes.json")
    with NeuroH5File(open_file(path, library), path, Selection(path, None, "argument", ())) as file:
        file.projection("P", "Q").read(attributes="ZFirst/a")
        assert file.selection.notes == ()
        file.projection("P", "Q").read(attributes="Types/f32")
        assert file.selection.notes == (NOTE,)
        assert NOTE in file.selection.explain()
    assert file.selection.notes == (NOTE,), "also when the file is closed"
