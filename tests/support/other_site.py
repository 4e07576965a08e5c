"""Another web server on this machine, with pages of a test's own: the attacker's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OtherSite:
    """``pages`` are HTML by path; whatever was asked for is in ``asked``."""

    def __init__(self, port: int) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.same_site = f"127.0.0.1:{port}"
        self.cross_site = f"localhost:{port}"


@contextmanager
def serving() -> Iterator[OtherSite]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path, site.pages.get(self.path.partition("?")[0]))
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = OtherSite(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
