"""A client that lets no answer of the API pass that the contract doesn't allow."""

from typing import Any

from support.asgi import Answer, Client
from support.contract import contract


class ValidatedClient(Client):
    """Each answer below ``/2.0`` is judged before the test sees it."""

    async def request(self, method: str, path: str | bytes, **more: Any) -> Answer:
        answer = await super().request(method, path, **more)
        kind = answer.headers.get("content-type", "")
        body = answer.json() if kind.startswith("application/json") else None
        contract().validate_response(method, answer.path, answer.status, kind, body)
        return answer

    async def everything(self, path: str, method: str = "GET", **more: Any) -> list[Any]:
        """All values of a listing, by following ``next`` to its end."""
        answer = await self.request(method, path, **more)
        assert answer.status == 200, answer
        values = answer.json()["values"]
        more.pop("query", None)
        while following := answer.json().get("next"):
            answer = await self.follow(following, method, **more)
            assert answer.status == 200, answer
            assert answer.json()["values"]
            values += answer.json()["values"]
        return values
