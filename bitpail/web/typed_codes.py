"""The page on which somebody types the code that another screen shows: of a git that waits, of a device.

A code that came in the address is filled in and not taken: whoever sent the link may be the one who waits.
"""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.policy import user_codes
from bitpail.web.pages import render
from bitpail.web.request import WebRequest


class CodePage(Struct, frozen=True):
    """``action`` is its address, ``shows`` the screen with the code, ``done`` what is said afterwards, by name."""

    title: str
    action: str
    shows: str
    done: dict[str, str]

    def first(self, request: WebRequest) -> Response:
        """As it is opened: filled in from the query, or telling what was decided."""
        code = user_codes.typed(request.query.get("user_code", ""))
        done = self.done.get(request.query.get("done", ""))
        return self._render(request, 200, user_codes.shown(code) if code else "", None, done)

    def again(self, request: WebRequest, code: str, error: BitpailError, wait: int) -> Response:
        """After a code that was none; ``wait`` is the seconds until the next may be tried."""
        response = self._render(request, 429 if wait else 422, code, error.message, None)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def _render(
        self, request: WebRequest, status: int, code: str, error: str | None, done: str | None
    ) -> Response:
        return render(request, "user_code.html", status, of=self, code=code, error=error, done=done)
