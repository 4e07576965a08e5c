"""A client of our own API whose every answer is held against the document that the server itself serves."""

import re
from typing import Any

from jsonschema import Draft202012Validator
from support.asgi import Answer
from support.asgi import Client as Plain

ROOT = "/bitpail/1"
_PARAMETER = re.compile(r"\{\w+\}")


class Client:
    def __init__(self, application: Any) -> None:
        self.plain = Plain(application)
        self._document: dict[str, Any] = {}

    async def document(self) -> dict[str, Any]:
        if not self._document:
            self._document = (await self.plain.get(f"{ROOT}/openapi.json")).json()
        return self._document

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """One request below the prefix; the answer must be as the document says."""
        if body is None:
            answer = await self.plain.request(method, ROOT + path, **more)
        else:
            answer = await self.plain.send_json(method, ROOT + path, body, **more)
        if answer.status != 405:
            await self._hold(method, (ROOT + path).partition("?")[0], answer)
        return answer

    async def _hold(self, method: str, path: str, answer: Answer) -> None:
        if answer.headers.get("content-type", "").startswith("text/plain"):
            return  # the recorded answer to the password of an account
        document = await self.document()
        found = [
            template
            for template in document["paths"]
            if re.fullmatch(_PARAMETER.sub("[^/]+", template), path)
        ]
        assert found, f"{path} is not in the document"
        responses = document["paths"][found[0]][method.lower()]["responses"]
        response = responses.get(str(answer.status), responses["default"])
        if "content" not in response:
            assert answer.body == b""
            return
        ((media_type, content),) = response["content"].items()
        assert answer.headers["content-type"].partition(";")[0] == media_type
        schema = {**content["schema"], "components": document["components"]}
        if media_type == "application/json":
            Draft202012Validator(schema).validate(answer.json())
