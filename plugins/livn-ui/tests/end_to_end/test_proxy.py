"""Both servers behind one host name and TLS, with the proxies' configuration as the documentation has it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "serving.md"
EVERYTHING = Path(__file__).parent / "everything.py"
PASSWORD = "not-the-usual-one"


def configuration(language, begin):
    """The block of the page that begins in this way."""
    return re.search(rf"^```{language}\n({re.escape(begin)}.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody but its maker trusts, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*command, *names], cwd=folder, check=True, capture_output=True)
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def guarded(serve, graphs, tmp_path_factory):
    """A server on loopback whose admin has a password of its own."""
    directory = tmp_path_factory.mktemp("guarded")
    shutil.copytree(graphs / "ZED", directory / "systems" / "graphs" / "ZED")
    passwords = directory / "passwords.txt"
    passwords.touch(0o600)
    passwords.write_text(f"admin:{PASSWORD}\n")
    return serve(directory, password_file=str(passwords))


def nginx(port, folder, certificate, server):
    text = configuration("nginx", "server {")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace("lab.example;", "localhost;")
    text = re.sub(r"(ssl_certificate +)\S+;", rf"\1{certificate};", text)
    text = re.sub(r"(ssl_certificate_key +)\S+;", rf"\1{certificate.parent / 'key.pem'};", text)
    user = "user root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    main = f"{user} daemon off; error_log stderr; pid {folder / 'pid'}; events {{}}"
    (folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {folders}\n{with_ports(text, server)} }}")
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def caddy(port, folder, certificate, server):
    text = configuration("text", "lab.example {")
    site = f"https://localhost:{port} {{\n tls {certificate} {certificate.parent / 'key.pem'}"
    text = text.replace("lab.example {", site)
    own = "{\n admin off\n auto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(own + with_ports(text, server))
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def with_ports(text, server):
    return text.replace("5101", str(server.port)).replace("5102", str(server.port + 1))


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(request, guarded, certificate, tmp_path_factory, environment, two_free_ports):
    """The address of a running proxy."""
    name = request.param.__name__
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if found is None:
        pytest.skip(f"no {name} to test with: apt-get install {name}")
    folder = tmp_path_factory.mktemp(name)
    port = two_free_ports()
    command = [found, *request.param(port, folder, certificate, guarded)[1:]]
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment(**home), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, process, folder / "log")
        yield f"https://localhost:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until_it_listens(port, process, log):
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_import_check_and_read_through_it(proxy, guarded, certificate, run, tmp_path):
    trusted = {"REQUESTS_CA_BUNDLE": str(certificate), "HOME": str(tmp_path)}
    livn = [sys.executable, "-m", "livn_core"]
    addresses = {"endpoint": f"{proxy}/hsds", "files_endpoint": f"{proxy}/companion"}
    passwords = f"password_file={guarded.directory / 'passwords.txt'}"
    run([*livn, "ui", "import", "ZED", "--force", f"endpoint={proxy}/hsds", passwords], guarded.directory, **trusted)

    trusted["LIVN_HSDS"] = json.dumps(addresses)
    report = json.loads(run([*livn, "ui", "check", "--json"], tmp_path, **trusted).stdout)
    assert {step["name"]: step["status"] for step in report["steps"] if step["status"] != "ok"} == {}
    remote = json.loads(run([sys.executable, EVERYTHING, "ZED"], tmp_path, **trusted).stdout)
    local = json.loads(run([sys.executable, EVERYTHING, guarded.graphs / "ZED", "pyfive"], tmp_path).stdout)
    assert remote.pop("backend") == "h5pyd"
    assert local.pop("backend") == "pyfive"
    assert remote == local


def test_a_certificate_that_is_not_trusted_is_named(proxy, environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "livn_core", "ui", "check", f"{proxy}/hsds"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no secure connection" in done.stdout
    assert "certificate" in done.stdout
