"""Who may log in, and that nobody sees how."""

from __future__ import annotations

import stat

import pytest
from livn_ui.serving.passwords import describe, read_passwords, users_for

from livn_core.errors import ConfigError

SECRET = "hush hush"


@pytest.fixture
def file(tmp_path):
    def file(text, mode=0o600):
        path = tmp_path / "passwords"
        path.write_text(text)
        path.chmod(mode)
        return path

    return file


def test_on_loopback_the_admin_is_well_known(tmp_path):
    for host in ("localhost", "127.0.0.1", "::1"):
        users = users_for(host, None, tmp_path / "kept")
        assert (users.passwords, users.file) == ({"admin": "admin"}, None)
    assert not (tmp_path / "kept").exists()


def test_elsewhere_a_password_is_made_and_kept_for_the_owner_alone(tmp_path):
    kept = tmp_path / "new" / "kept"
    first, second = (users_for("0.0.0.0", None, kept) for _ in range(2))
    assert first == second
    assert first.file == kept
    assert len(first.passwords["admin"]) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for shown in (repr(first), describe("0.0.0.0", None, kept)):
        assert first.passwords["admin"] not in shown


def test_a_file_is_taken_as_it_is(file):
    path = file(f"# people\n\nadmin:{SECRET}\nbob:bobs#word\n")
    assert read_passwords(path) == {"admin": SECRET, "bob": "bobs#word"}
    assert describe("0.0.0.0", path, path) == f"admin, bob, with the passwords in {path}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"admin {SECRET}\n", "line 1: it must hold lines USER:PASSWORD"),
        (f"admin:{SECRET}\nadmin:{SECRET}\n", "line 2: user 'admin' is there twice"),
        (f"bob:{SECRET}\n", "no line for the user 'admin'"),
        ("", "no line for the user 'admin'"),
        (f"admin:{SECRET}:x\n", "line 1: .*without ':'"),
        (f"admin:{SECRET} \n", "line 1: .*neither begin nor end"),
        (f"admin:{SECRET}é\n", "line 1: .*printable ASCII"),
        ("admin:ab\n", "line 1: .*at least 3 characters"),
    ],
)
def test_a_wrong_line_is_named_and_not_shown(file, text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        read_passwords(file(text))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_others_may_read_is_refused(file):
    with pytest.raises(ConfigError, match="chmod 600"):
        read_passwords(file(f"admin:{SECRET}\n", 0o640))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"password_file .*gone: No such file"):
        read_passwords(tmp_path / "gone")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="it is no text"):
        read_passwords(tmp_path / "bytes")
