"""HSDS's folders, kept in step with a directory."""

from __future__ import annotations

import shutil

import requests
from livn_ui.serving import folders
from livn_ui.serving.folders import Folders

from livn_core import predefined


def test_a_disk_that_fails_for_a_moment_does_not_end_it(hsds, monkeypatch, tmp_path, machine):
    shutil.copytree(predefined("EI1"), tmp_path / "late")
    healthy, looks, said = folders.find_systems, [], []

    def failing(root_dir):
        looks.append(root_dir)
        if len(looks) < 3:  # a disk that works cannot be made to do this
            raise OSError(5, "Input/output error")
        return healthy(root_dir)

    monkeypatch.setattr(folders, "INTERVAL", 0.05)
    monkeypatch.setattr(folders, "find_systems", failing)
    login = ("admin", hsds.password)
    one = Folders(tmp_path, hsds.endpoint, hsds.settings.bucket, login, said.append)

    def made():
        return requests.get(f"{hsds.endpoint}/", params={"domain": "/late"}, auth=login, timeout=30).ok

    one.start()
    try:
        assert machine.until(made)
    finally:
        one.stop()
    assert [line for line in said if "Input/output error" in line] == said[:1]
