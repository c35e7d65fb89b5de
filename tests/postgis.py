"""A PostGIS server of the tests' own: Debian's, in a folder of its own, on loopback, ended with the tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import run, started

PASSWORD = "d'été 1"


def _programs() -> Path:
    """Folder of the newest PostgreSQL that has PostGIS, or a skip that says how to bring it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    extensions = "/usr/share/postgresql/{}/extension/postgis.control"
    found = [each for each in found if Path(extensions.format(each.parts[-3])).exists()]
    if not found:
        pytest.skip("no PostgreSQL with PostGIS: apt-get install postgresql postgis")
    return found[-1].parent


@contextmanager
def server() -> Iterator[str]:
    """Give "127.0.0.1:port" of a server with the user `sig`, a password, and the empty base `geo` with PostGIS."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="accessmap-postgis-"))
    account: dict[str, object] = {"cwd": folder}
    if os.geteuid() == 0:  # a server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        account |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    word = folder / "word"
    word.write_text(PASSWORD, encoding="utf-8")
    word.chmod(0o644)
    try:
        data = str(folder / "data")
        made = ("--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", f"--pwfile={word}")
        run(str(programs / "initdb"), "-D", data, "-U", "sig", *made, check=True, **account)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
        options |= {"logging_collector": "on", "shared_buffers": "16MB"}
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with started(str(programs / "postgres"), "-D", data, *told, **account) as job:
            try:
                _prepare(port)
                yield f"127.0.0.1:{port}"
            finally:
                job.send_signal(signal.SIGINT)
                job.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(port: int) -> None:
    import psycopg

    told = {"host": "127.0.0.1", "port": port, "user": "sig", "password": PASSWORD, "autocommit": True}
    for attempt in range(100):
        try:
            with psycopg.connect(dbname="postgres", **told) as link:
                link.execute("CREATE DATABASE geo")
            break
        except psycopg.OperationalError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    with psycopg.connect(dbname="geo", **told) as link:
        link.execute("CREATE EXTENSION postgis")
