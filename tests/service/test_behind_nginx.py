"""The shipped proxy configuration: valid, and slow clients in front of it hurt nobody."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from served import ROOT, Readers, Served, free_port, invent, serving, until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
if NGINX is None:
    pytest.skip("no nginx (Debian: apt install nginx-light): the proxy's configuration is not tried", allow_module_level=True)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """The server, and the same behind nginx with deploy/nginx.conf: only ports and paths are changed."""
    root = tmp_path_factory.mktemp("nginx")
    with serving(invent(root / "index", 100), workers=2) as server:
        port = free_port()
        text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").replace("/var/log/nginx", str(root))
        text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("    listen [::]:80;\n", "")
        # all clients of this test have one address
        text = re.sub(r"(limit_conn +\w+) \d+", r"\1 60000", text)
        text = re.sub(r"rate=\d+r/s", "rate=100000r/s", text)
        temporary = "".join(f"{name}_temp_path {root}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (root / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {root}/pid; error_log {root}/error.log;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{\n{temporary}{text}}}\n"
        )
        command = [str(NGINX), "-p", str(root), "-c", str(root / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr, checked.stderr
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            proxy = Served(port, process, server._log)
            assert until(lambda: proxy.get("/healthz", timeout=5).status == 200)
            yield server, proxy
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.torture
def test_it_passes_on_what_the_server_answers(proxied: tuple[Served, Served]) -> None:
    server, proxy = proxied
    paths = (
        "/search?q=bridge",
        "/api/v1/search?q=bridge",
        "/nowhere",
        "/api/v1/search?size=1000",
        "/articles/t%3A1",
        "/api/v1/export",
    )
    for path in paths:
        direct, through = server.get(path), proxy.get(path)
        assert (through.status, through.headers["content-type"]) == (direct.status, direct.headers["content-type"])
        assert through.headers["content-security-policy"] == direct.headers["content-security-policy"]
    assert proxy.get("/metrics").status == 200, "from this machine"
    assert proxy.get("/search?q=" + "a" * 9000).status == 414


def slow_clients(proxy: Served, number: int) -> list[socket.socket]:
    """Connections on which a request has begun and doesn't go on: in its line, in a header, in its body."""
    beginnings = (
        b"GET /sea",
        b"GET /search HTTP/1.1\r\nHost: h\r\nX-",
        b"POST /search HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n",
    )
    found = []
    for count in range(number):
        found.append(socket.create_connection(("127.0.0.1", proxy.port), timeout=30))
        found[-1].sendall(beginnings[count % 3])
    return found


@pytest.mark.torture
def test_slow_clients_hurt_nobody(proxied: tuple[Served, Served]) -> None:
    """Two hundred of them at a time, each sending a byte now and then; the server answers others as before."""
    _, proxy = proxied
    slow = slow_clients(proxy, 200)
    with Readers(proxy, ["/search?q=bridge", "/api/v1/search?q=flood", "/"], rate=20, threads=4) as readers:
        for _ in range(6):
            time.sleep(0.5)
            for connection in slow:
                with suppress(OSError):
                    connection.sendall(b"a")
    for connection in slow:
        connection.close()
    assert readers.failed() == []
    assert len(readers.answers) > 20
    assert readers.p99() < 1.0


@pytest.mark.torture
def test_a_killed_worker_is_not_noticed_behind_it(proxied: tuple[Served, Served]) -> None:
    server, proxy = proxied
    with Readers(proxy, ["/search?q=bridge", "/api/v1/search?q=flood"], rate=30, threads=4) as readers:
        for _ in range(3):
            time.sleep(0.6)
            workers = server.workers()
            os.kill(workers[0], signal.SIGKILL)
            assert until(lambda workers=workers: len(server.workers()) == 2 and server.workers() != workers)
    assert readers.failed() == []


def test_the_units_name_what_there_is() -> None:
    for name in ("searchapp.service", "searchapp-index.service"):
        unit = (ROOT / "deploy" / name).read_text("utf-8")
        command = re.findall(r"ExecStart=\S+/searchapp (\w+)", unit)
        assert command in (["serve"], ["index"])
        assert "NoNewPrivileges=yes" in unit
