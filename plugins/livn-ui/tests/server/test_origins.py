"""Which web pages may read: parsed, checked, and the same for everybody who asks."""

from __future__ import annotations

import pytest
from livn_ui.origins import Origins

from livn_core.errors import ConfigError

EVIL = ("http://evil.example", "http://localhost.evil.example", "http://evil.example?http://localhost", "null", "")


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        (
            "loopback",
            ("http://localhost", "http://localhost:5173", "https://127.0.0.1:8443", "http://[::1]:80"),
            (*EVIL, "ftp://localhost", "http://localhost:123456", "http://localhost:1\n", "http://127x0.0.1"),
        ),
        ("https://lab.example", ("https://lab.example",), (*EVIL, "http://lab.example", "https://labXexample")),
        ("loopback, https://a.b:8443", ("http://localhost:1", "https://a.b:8443"), (*EVIL, "https://a.b")),
        ("*", ("https://anything.example", "null"), ()),
    ],
)
def test_only_these_are_let_in(text, allowed, refused):
    origins = Origins.parse(text)
    assert all(origins.allows(origin) for origin in allowed)
    assert not any(origins.allows(origin) for origin in refused)
    assert Origins.parse(origins.text) == origins


def test_they_are_kept_as_browsers_send_them():
    assert Origins.parse("HTTPS://Lab.Example:443,http://x:80,http://x").text == "https://lab.example,http://x"


WRONG = ("", "evil", "null", "http://", "http://a/", "http://a/b", "http://a:0", "http://a:99999", "http://u@a")
WRONG += ("http://a?b", "http://*.a", "http://a b", "ftp://a", "http://ü.example", "http://[::1")


@pytest.mark.parametrize("word", WRONG)
def test_what_is_no_origin_is_named(word):
    with pytest.raises(ConfigError, match="is no web origin"):
        Origins.parse(f"http://localhost,{word}")


def test_everybody_stands_alone():
    with pytest.raises(ConfigError, match="stands alone"):
        Origins.parse("*,http://localhost")
