"""A well-known peer: nginx with fcgiwrap and git http-backend, as distributions package them.

It serves one directory of bare repositories on 127.0.0.1 and signs everybody in
with one password, compared as plain text: the cheapest check that there is.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from histories import git
from msgspec import Struct

MISSING = "nginx and fcgiwrap are not installed: the comparison is left out"
USERNAME, PASSWORD = "peer", "not-a-secret"
_WORKERS = 8

_CONFIGURATION = """
daemon off;
{user}
pid {place}/pid;
error_log {place}/error.log warn;
worker_processes 2;
events {{}}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_temp_path {place}/temporary;
  fastcgi_temp_path {place}/temporary;
  proxy_temp_path {place}/temporary;
  scgi_temp_path {place}/temporary;
  uwsgi_temp_path {place}/temporary;
  server {{
    listen 127.0.0.1:{port};
    tcp_nodelay on;
    location / {{
      auth_basic "peer";
      auth_basic_user_file {place}/passwords;
      fastcgi_pass unix:{place}/socket;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_PROJECT_ROOT {repositories};
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param PATH_INFO $uri;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
      fastcgi_param REMOTE_USER $remote_user;
      fastcgi_param REMOTE_ADDR $remote_addr;
    }}
  }}
}}
"""


class Peer(Struct, frozen=True):
    """Where it listens, and its processes."""

    url: str
    pids: tuple[int, int]


def installed() -> bool:
    """Whether both programs are there."""
    return None not in {_program("nginx"), _program("fcgiwrap")}


@contextmanager
def serving(repositories: Path) -> Iterator[Peer]:
    """Serve ``repositories/NAME.git`` as ``/NAME.git``."""
    place = Path(tempfile.mkdtemp(prefix="bitpail-peer-"))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        port = _free_port()
        _write_configuration(place, repositories, port)
        cgi = [str(_program("fcgiwrap")), "-c", str(_WORKERS), "-s", f"unix:{place}/socket"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LC_ALL": "C.UTF-8"}
        processes.append(
            subprocess.Popen(cgi, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
        )
        _wait_for((place / "socket").exists)
        # Its workers may not be root, but have to reach the socket.
        place.chmod(0o755)
        (place / "socket").chmod(0o777)
        web = [
            str(_program("nginx")),
            "-p",
            str(place),
            "-c",
            str(place / "nginx.conf"),
            "-e",
            f"{place}/error.log",
        ]
        processes.append(subprocess.Popen(web, start_new_session=True))
        _wait_for(lambda: _listens(port))
        yield Peer(f"http://127.0.0.1:{port}", (processes[0].pid, processes[1].pid))
    finally:
        for process in processes:
            # The group: fcgiwrap's workers do not end with it.
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait()
        shutil.rmtree(place, ignore_errors=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _write_configuration(place: Path, repositories: Path, port: int) -> None:
    (place / "temporary").mkdir()
    (place / "passwords").write_text(f"{USERNAME}:{{PLAIN}}{PASSWORD}\n")
    user = "user root;" if os.geteuid() == 0 else ""
    backend = Path(git("--exec-path").decode().strip()) / "git-http-backend"
    text = _CONFIGURATION.format(
        place=place, repositories=repositories, port=port, user=user, backend=backend
    )
    (place / "nginx.conf").write_text(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("nginx or fcgiwrap does not start")
        time.sleep(0.02)
