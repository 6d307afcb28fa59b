"""What is there already: skipped, believed, compared, replaced, or continued."""

from __future__ import annotations

import os

import attrs
import h5py
import numpy as np
import pytest
from livn_h5pyd.connection import open_database, root_group
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.importing import ImportInterruptedError, ImportOptions, SourceChangedError, import_file
from livn_ui.importing.administration import Administration
from livn_ui.importing.importer import Import
from livn_ui.importing.progress import COMPARING, FLUSHING, HASHING, SWITCHING, WRITING

from .conftest import is_whole, write_version


@pytest.fixture
def file(tmp_path):
    return write_version(tmp_path / "a.h5", 1, datasets=2, rows=3000)


def tamper(config, domain, dataset, value):
    """Change one value on the server, behind the back of every import."""
    database = open_database(config, domain, read_only=False, append=True)
    root_group(database)[dataset][7:8] = np.array([value], "i4")
    database.flush()
    database.close()
    with Administration(config) as administration:
        administration.flush(domain)


def test_unchanged_is_skipped_and_touches_nothing(admin, file):
    first = import_file(admin, file, "/skip/a.h5")
    with Administration(admin) as administration:
        before = administration.state("/skip/a.h5")
        again = import_file(admin, file, "/skip/a.h5")
        assert administration.state("/skip/a.h5") == before
    assert (first.outcome, first.bytes_written, first.bytes_compared) == ("imported", 24000, 24000)
    assert (again.outcome, again.bytes_written, again.bytes_compared, again.nbytes) == ("unchanged", 0, 0, 24000)


def test_content_decides_and_not_the_time_or_the_name(admin, file, tmp_path):
    import_file(admin, file, "/content/a.h5")
    os.utime(file, (1, 1))
    assert import_file(admin, file, "/content/a.h5").outcome == "unchanged"
    other = file.rename(tmp_path / "b.h5")
    assert import_file(admin, other, "/content/a.h5").outcome == "unchanged"
    with h5py.File(other, "a") as changed:
        changed["group 0/values"][5] += 1
    assert import_file(admin, other, "/content/a.h5").outcome == "imported"
    assert is_whole(admin, other, "/content/a.h5")


def test_what_another_program_put_there_is_replaced(admin, file):
    import_file(admin, file, "/foreign/a.h5")
    with Administration(admin) as administration:
        administration.delete("/foreign/a.h5")
        administration._send("PUT", "/foreign/a.h5", (201,))
    assert import_file(admin, file, "/foreign/a.h5").outcome == "imported"
    assert is_whole(admin, file, "/foreign/a.h5")


def test_verify_finds_and_repairs_what_was_changed_on_the_server(admin, file, names):
    import_file(admin, file, "/damage/a.h5")
    assert import_file(admin, file, "/damage/a.h5", verify=True).outcome == "verified"
    tamper(admin, "/damage/a.h5", "group 1/values", -1)
    assert import_file(admin, file, "/damage/a.h5").outcome == "unchanged"
    assert import_file(admin, file, "/damage/a.h5", verify=True).outcome == "repaired"
    assert is_whole(admin, file, "/damage/a.h5")
    assert names("damage") == ["a.h5"]


def test_force_imports_what_is_there(admin, file):
    import_file(admin, file, "/force/a.h5")
    with Administration(admin) as administration:
        before = administration.state("/force/a.h5")
        assert import_file(admin, file, "/force/a.h5", force=True).outcome == "imported"
        assert administration.state("/force/a.h5")[0] != before[0]


def test_readers_do_not_see_what_an_import_notes(admin, file):
    import_file(admin, file, "/note/a.h5")
    with open_domain(Target(admin, "/note/a.h5")) as served, h5py.File(file) as source:
        assert list(served.keys()) == list(source.keys())
    with Administration(admin) as administration:
        marker = administration.find("/note/a.h5").marker
    assert marker.size == file.stat().st_size
    assert marker.file == "a.h5"


def test_stages_come_in_order_and_count_all_bytes(admin, file):
    steps = []
    import_file(admin, file, "/steps/a.h5", progress=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == [HASHING, WRITING, FLUSHING, COMPARING, SWITCHING]
    for stage, total in ((HASHING, file.stat().st_size), (WRITING, 24000), (COMPARING, 24000)):
        last = [step for step in steps if step.stage == stage][-1]
        assert (last.done, last.total) == (total, total)


def test_an_interrupted_import_is_continued(admin, versions, names):
    old, new = versions
    import_file(admin, old, "/go/on/a.h5")
    assert new.stat().st_size > 6_000_000
    options = ImportOptions(
        progress=lambda step: step.stage == WRITING and step.done > 2_000_000 and options.stop.set()
    )
    with pytest.raises(ImportInterruptedError, match=r"a\.h5: the import was interrupted"):
        Import(admin, new, "/go/on/a.h5", options).run()
    assert names("go/on") == ["a.h5", "a.h5.importing"]
    assert is_whole(admin, old, "/go/on/a.h5")
    done = import_file(admin, new, "/go/on/a.h5")
    assert 0 < done.bytes_written < done.nbytes == 6_000_000
    assert is_whole(admin, new, "/go/on/a.h5")
    assert names("go/on") == ["a.h5"]


def test_what_another_version_left_is_cleared_away(admin, versions, names):
    old, new = versions
    import_file(admin, old, "/stale/a.h5")
    options = ImportOptions(progress=lambda step: step.stage == FLUSHING and options.stop.set())
    with pytest.raises(ImportInterruptedError):
        Import(admin, new, "/stale/a.h5", options).run()
    assert import_file(admin, old, "/stale/a.h5").outcome == "unchanged"
    assert names("stale") == ["a.h5"]
    assert is_whole(admin, old, "/stale/a.h5")


@pytest.mark.parametrize("stage", [WRITING, FLUSHING, COMPARING])
def test_a_file_that_changes_meanwhile_is_noticed(admin, versions, names, stage):
    old, new = versions
    import_file(admin, old, f"/changes/{stage}/a.h5")
    changed = []

    def change(step):
        if step.stage == stage and not changed:
            changed.append(new.write_bytes(old.read_bytes()))

    with pytest.raises(SourceChangedError, match=r"a\.h5: the file changed while it was imported"):
        import_file(admin, new, f"/changes/{stage}/a.h5", progress=change)
    assert names(f"changes/{stage}") == ["a.h5"]
    assert is_whole(admin, old, f"/changes/{stage}/a.h5")


def test_rights(admin, file, versions):
    """Readable by everybody and writable by the admin; a domain that is replaced keeps who may what."""
    anybody = attrs.evolve(admin, username=None, password=None)
    import_file(admin, file, "/rights/a.h5")
    open_domain(Target(anybody, "/rights/a.h5")).close()
    with Administration(anybody) as stranger, Administration(admin) as administration:
        for forbidden in (stranger.delete, stranger.drop_name, stranger.flush):
            with pytest.raises(PermissionError):
                forbidden("/rights/a.h5")
        bob = {"bob": dict.fromkeys(("read", "update"), True)}
        administration.set_rights("/rights/a.h5", bob)
        import_file(admin, file, "/rights/a.h5", private=True)
        for path in (file, versions[0]):
            import_file(admin, path, "/rights/a.h5")
            with pytest.raises(PermissionError):
                open_domain(Target(anybody, "/rights/a.h5"))
        rights = administration.rights("/rights/a.h5")
    assert [name for name, allowed in rights["bob"].items() if allowed] == ["read", "update"]


def test_rights_do_not_depend_on_what_the_server_gives(start_hsds, file):
    from livn_ui.testing import admin_of

    admin = admin_of(start_hsds(public=False))
    anybody = attrs.evolve(admin, username=None, password=None)
    Import(admin, file, "/open/a.h5", ImportOptions(public=True)).run()
    open_domain(Target(anybody, "/open/a.h5")).close()
    import_file(admin, file, "/closed/a.h5")
    with pytest.raises(PermissionError):
        open_domain(Target(anybody, "/closed/a.h5"))
