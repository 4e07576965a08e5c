"""Somebody who signs ID tokens, on this machine: a CI as far as a server can tell."""

import hashlib
import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey

_MAKE = {
    # Slow to make: the first one of each issuer is the same.
    "RS256": cache(lambda: RSAKey.generate_key(2048)),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


_AGAIN = {**_MAKE, "RS256": lambda: RSAKey.generate_key(2048)}


def _signature(alg: str, key: Any, signed: bytes) -> bytes:
    """Made without the library that checks it."""
    if alg == "RS256":
        return key.sign(signed, padding.PKCS1v15(), SHA256())
    if alg == "ES256":
        return b"".join(n.to_bytes(32) for n in decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256()))))
    return key.sign(signed)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """``asked`` are the paths that were asked for; ``answers`` are put in the place of what is right."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {}
        self.asked: list[str] = []
        self.answers: dict[str, bytes | int] = {}
        self.jwks_uri = f"{url}/keys"
        self.says_it_is = url
        self.number = 0
        self.key("rsa", "RS256")

    def key(self, kid: str, alg: str = "RS256") -> None:
        """Publish one more key."""
        make = _MAKE[alg]
        self.keys[kid] = (alg, make() if alg not in {one for one, _ in self.keys.values()} else _AGAIN[alg]())

    def published(self) -> list[dict[str, Any]]:
        return [
            {**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, (_, key) in self.keys.items()
        ]

    def claims(self, **claims: Any) -> dict[str, Any]:
        self.number += 1
        at = int(time.time())
        return {
            "iss": self.url,
            "aud": "https://git.example.org",
            "sub": "repo:acme/site:ref:refs/heads/main",
            "iat": at,
            "nbf": at,
            "exp": at + 300,
            "jti": f"token {self.number}",
            "repository": "acme/site",
            "ref": "refs/heads/main",
            **claims,
        }

    def token(self, kid: str = "rsa", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """An ID token signed with a key; a claim that is None is left out."""
        alg, key = self.keys[kid]
        full = {name: value for name, value in self.claims(**claims).items() if value is not None}
        head = {"alg": alg, "kid": kid, "typ": "JWT", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        signed = f"{part(head)}.{part(full)}"
        return f"{signed}.{part(_signature(alg, key.private_key, signed.encode()))}"

    def signed_with_public_key(self) -> str:
        """The old trick: HS256, and the published key as the password."""
        signed = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(self.claims())}"
        public = self.keys["rsa"][1].as_pem(private=False)
        return f"{signed}.{part(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"

    def unsigned(self, alg: str = "none") -> str:
        return f"{part({'alg': alg, 'kid': 'rsa'})}.{part(self.claims())}."


@contextmanager
def issuing():
    """An issuer that answers at a free port of this machine, by plain HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            answer = issuer.answers.get(self.path)
            if isinstance(answer, int):
                self.send_response(answer)
                self.send_header("Location", f"{issuer.url}/elsewhere")
                self.end_headers()
                return
            if answer is None and self.path == "/.well-known/openid-configuration":
                answer = json.dumps({"issuer": issuer.says_it_is, "jwks_uri": issuer.jwks_uri}).encode()
            elif answer is None and self.path == "/keys":
                answer = json.dumps({"keys": issuer.published()}).encode()
            self.send_response(200 if answer is not None else 404)
            self.end_headers()
            self.wfile.write(answer or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
