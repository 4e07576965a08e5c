"""The door for whoever watches the server: is it alive, can it serve. No credential, no detail."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from bitpail.errors import BitpailError
from bitpail.http.call import Call

LIVE = b"/healthz"
READY = b"/readyz"
PATHS = (LIVE, READY)


class Health:
    """``/healthz``: this process answers. ``/readyz``: and so do its database and its directory."""

    async def answer(self, call: Call) -> ASGIApp:
        """200, or 503 with what is missing."""
        if call.method not in {"GET", "HEAD"}:
            return PlainTextResponse(
                "the methods of this address are GET, HEAD\n", 405, {"Allow": "GET, HEAD"}
            )
        if call.raw_path == READY:
            try:
                await call.site.db.ping()
            except BitpailError:
                return PlainTextResponse("the database does not answer\n", 503)
            if not call.site.repositories.is_dir():
                return PlainTextResponse("the directory of repositories is missing\n", 503)
        return PlainTextResponse("ok\n")
