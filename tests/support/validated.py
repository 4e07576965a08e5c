"""A client of the API, which goes through listings."""

from typing import Any

from support.asgi import Client


class ValidatedClient(Client):
    """What every client of the tests is: one whose answers are judged before the test sees them."""

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
