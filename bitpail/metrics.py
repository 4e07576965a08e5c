"""The door for Prometheus: ``/metrics``, for the networks of the setting ``metrics_networks``.

No credential: it holds numbers, and no name of a user, a repository or an app password.
"""

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from bitpail.errors import BitpailError
from bitpail.http.addresses import Networks, within
from bitpail.http.call import Call
from bitpail.services.metrics import Publisher

PATH = b"/metrics"

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Metrics:
    """Needs the publisher of this process, which exists once the site is open."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.publisher: Publisher | None = None

    async def answer(self, call: Call) -> ASGIApp:
        """200; 403 for whoever is not in these networks."""
        if call.method not in {"GET", "HEAD"}:
            return PlainTextResponse(
                "the methods of this address are GET, HEAD\n", 405, {"Allow": "GET, HEAD"}
            )
        if self.publisher is None or not self._may_read(call):
            text = f"{call.client.address or 'this client'} is not in metrics_networks\n"
            return PlainTextResponse(text, 403)
        from bitpail.services import exposition  # noqa: PLC0415 - most servers are never asked

        try:
            content = await exposition.text(call.site, self.publisher)
        except BitpailError as error:
            return PlainTextResponse(f"{error.message}\n", 503)
        return Response(
            content, headers={"Content-Type": exposition.CONTENT_TYPE, "Cache-Control": "no-store"}
        )

    def _may_read(self, call: Call) -> bool:
        request = call.request
        peer = request.client.host if request.client else ""
        # A proxy on this host that nobody named in trusted_proxies: everybody would seem to be here.
        if call.client.address == peer and any(name in request.headers for name in _FORWARDED):
            return False
        return within(call.client.address, self._networks)
