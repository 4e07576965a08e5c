"""Coverage-guided fuzzing of everything that takes apart what a stranger sends.

``python tests/fuzz/targets.py NAME [libFuzzer's options] [CORPUS]``; without a name it lists
them. A target raises for what must not be: any exception but the parser's own, an answer
that means something else when it is said again, memory kept beyond the input.
"""

import asyncio
import base64
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import atheris

with atheris.instrument_imports(include=["bitpail"]):
    import msgspec
    from starlette.datastructures import Headers

    from bitpail.errors import BitpailError, Invalid, TooLarge
    from bitpail.git.gate import pushed_refs
    from bitpail.git.sent_pack import SentPack
    from bitpail.http import forms
    from bitpail.http.bodies import Body
    from bitpail.http.credentials import credential
    from bitpail.policy import attenuation, gpg_keys, redirect_uris, ssh_keys
    from bitpail.policy.leaks import Scanner
    from bitpail.policy.secrets import Secret
    from bitpail.services import issuers
    from bitpail.ssh import commands
    from bitpail.wire import (
        fetch_request,
        fields,
        lfs,
        ls_refs,
        packet_lines,
        query,
        search_excerpts,
        search_query,
    )
    from bitpail.wire.folding import folded
    from bitpail.wire.markup import markdown, sanitised
    from bitpail.wire.text import clean
    from bitpail.wire.v2_request import parse_request

_LIMIT = 1 << 16
_ROOT = attenuation.public_key(Secret("a secret that nobody has"))
_BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{}\n-----END PGP PUBLIC KEY BLOCK-----"


class Broken(Exception):
    """What the parser promises does not hold."""


def _pieces(data: bytes) -> list[bytes]:
    """The first byte says how long the pieces are in which the rest comes."""
    size = max(1, data[0]) if data else 1
    return [data[at : at + size] for at in range(1, len(data), size)]


def packets(data: bytes) -> None:
    """Packet lines: the same however they are cut, and said again as they were."""
    try:
        whole = packet_lines.parse(data[1:])
    except Invalid:
        return
    decoder, cut = packet_lines.Decoder(), list[packet_lines.Packet]()
    for piece in _pieces(data):
        cut += decoder.feed(piece)
    decoder.finish()
    again = b"".join(packet_lines.encode(one) if isinstance(one, bytes) else one.value for one in whole)
    if cut != whole or again.lower() != data[1:].lower():
        raise Broken(whole, cut)


def fetch(data: bytes) -> None:
    """A fetch of protocol 2: what git would be given means the same."""
    request = parse_request(data)
    if request is None:
        return
    ls_refs.parse(request, b"sha1")
    try:
        parsed = fetch_request.parse_fetch(request)
    except Invalid:
        return
    again = parse_request(parsed.encoded())
    if again is None or fetch_request.parse_fetch(again) != parsed:
        raise Broken(parsed)


def old_fetch(data: bytes) -> None:
    """A fetch of protocols 0 and 1: without what is hidden it wants the same."""
    try:
        parsed = fetch_request.parse_old_fetch(data)
    except Invalid:
        return
    less = fetch_request.parse_old_fetch(parsed.without(set(parsed.haves)))
    if less.wants != parsed.wants:
        raise Broken(parsed, less)


def push(data: bytes) -> None:
    """A push as it passes by: nothing changed, and no more held than the pack."""
    sent = SentPack(Path("/nonexistent"), _LIMIT, is_large=bool(data[:1] > b"\x7f"))

    async def body():
        for piece in _pieces(data):
            yield piece

    async def pass_on() -> bytes:
        return b"".join([piece async for piece in sent.passing(body())])

    try:
        with suppress(TooLarge):
            if asyncio.run(pass_on()) != data[1:]:
                raise Broken("other bytes")
        if len(sent._head) > 2 * packet_lines.LONGEST:
            raise Broken("a head without end")
    finally:
        sent.close()


def question(data: bytes) -> None:
    """What git's hook tells the gate."""
    with suppress(Invalid, UnicodeDecodeError):
        pushed_refs(data)


def gzip(data: bytes) -> None:
    """A packed body: never more than its limit, in pieces that are not large."""
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in _pieces(data)]
    messages = iter([*waiting, {"type": "http.request"}])

    async def receive():
        return next(messages)

    async def read() -> int:
        total = 0
        async for piece in Body(receive, Headers({"content-encoding": "gzip"}), _LIMIT, 5.0):
            total += len(piece)
        return total

    with suppress(BitpailError):
        if asyncio.run(read()) > _LIMIT:
            raise Broken("more than the limit")


def command(data: bytes) -> None:
    """A command line over SSH: no name that is a path."""
    with suppress(BitpailError):
        asked = commands.find(data.decode("utf-8", "surrogateescape"))
        for name in (asked.workspace, asked.repository):
            if "/" in name or name in {"", ".", ".."} or not name.isprintable():
                raise Broken(asked)


def authorization(data: bytes) -> None:
    """The header of a credential."""
    with suppress(BitpailError):
        credential(Headers(raw=[(b"authorization", data)]))


def form(data: bytes) -> None:
    """A form in parts, whole and as it comes in, and one that is URL-encoded."""
    with suppress(Invalid):
        forms.pairs(data)
    with suppress(Invalid):
        forms.parts(data, "multipart/form-data; boundary=x")
    with suppress(Invalid):
        forms.parts(
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n--x--', data.decode("latin-1")
        )

    async def body():
        for piece in _pieces(data):
            yield piece

    async def read() -> int:
        parts = forms.streamed(body(), "multipart/form-data; boundary=x")
        return sum([len(part) async for part in parts if isinstance(part, bytes)])

    with suppress(Invalid):
        if asyncio.run(read()) > len(data):
            raise Broken("more than came in")


def asked(data: bytes) -> None:
    """``q`` and ``fields`` of a request, and what they do to a value."""
    text = data.decode("utf-8", "replace")
    value = {
        "name": "a",
        "size": 5,
        "owner": {"links": [{"href": "x"}, None]},
        "updated_on": "2026-01-01T00:00:00Z",
    }
    with suppress(Invalid):
        query.matches(query.parse(text), value)
    with suppress(Invalid):
        query.ordered([value, {}], text)
    with suppress(Invalid):
        fields.apply(fields.parse(text), value)


def searched(data: bytes) -> None:
    """A query of code search, and what it finds in a file; what is shown of it is the text, cut."""
    text = data.decode("utf-8", "replace")
    content = folded(text)
    with suppress(Invalid):
        node = search_query.parse(text)
        search_query.may_match(node, ())
        search_query.matches(node, search_query.File("a/b.py", (), lambda: content))
        _, blocks = search_excerpts.excerpts(text, search_query.terms(node))
        for line in (line for block in blocks for line in block):
            if "".join(one.text for one in line.segments) not in text:
                raise Broken(line)


def batch(data: bytes) -> None:
    """Bodies of Git LFS."""
    for kind in (lfs.Batch, lfs.NewLock, lfs.VerifyLocks, lfs.Unlock):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            msgspec.json.decode(data, type=kind)


def key(data: bytes) -> None:
    """A line that should be a public SSH key."""
    with suppress(Invalid):
        ssh_keys.parse(data.decode("utf-8", "replace"))


def gpg_key(data: bytes) -> None:
    """The inside of a block that should be a public key of OpenPGP, and the block itself."""
    encoded = base64.b64encode(data).decode()
    for text in (data.decode("utf-8", "replace"), _BLOCK.format(encoded)):
        with suppress(Invalid):
            if gpg_keys.parse(gpg_keys.parse(text).text) != gpg_keys.parse(text):
                raise Broken("written anew it is another key")


def leaks(data: bytes) -> None:
    """Bytes that may hold app passwords: the same are found however they are cut."""
    whole = [(one.secret.reveal(), one.line) for one in Scanner().feed(data[1:])]
    scanner = Scanner()
    cut = [(one.secret.reveal(), one.line) for piece in _pieces(data) for one in scanner.feed(piece)]
    if sorted(whole) != sorted(cut):
        raise Broken(len(whole), len(cut))


def narrowed(data: bytes) -> None:
    """A narrowed secret, with the right checksum over anything: none is proved, and none is read in two ways."""
    text = Secret("bpn_" + base64.urlsafe_b64encode(data + attenuation._checksum(data)).rstrip(b"=").decode())
    found = attenuation.parse(text)
    if found is None:
        return
    if attenuation._text(found.lookup, found.blocks, found.last_key) != text.reveal():
        raise Broken("written anew it is another text")
    if attenuation.is_proved(found, _ROOT):
        raise Broken("signed by nobody")


def id_token(data: bytes) -> None:
    """The three parts of an ID token, before any key is asked for."""
    text = data.decode("utf-8", "replace")
    for token in (text, ".".join(base64.urlsafe_b64encode(part).decode() for part in data.split(b".", 2))):
        with suppress(Invalid):
            issuers.issuer_of(token)
        with suppress(Invalid):
            issuers._header(token)


def redirect(data: bytes) -> None:
    """An address for the answers of OAuth: read as another library reads it, and the answer stays there."""
    try:
        uri = redirect_uris.parse(data.decode("utf-8", "replace"))
    except Invalid:
        return
    seen, answered = urlsplit(uri.text), urlsplit(redirect_uris.with_answer(uri, {"code": "x"}))
    host = (seen.hostname or "").strip("[]")
    if (seen.scheme, host, seen.username, seen.fragment) != (uri.scheme, uri.host.strip("[]"), None, ""):
        raise Broken(uri)
    if (answered.netloc, answered.path) != (seen.netloc, seen.path) or "code=x" not in answered.query:
        raise Broken(answered)
    if set(redirect_uris.form_source(uri)) & set(" ;,'\"<>\\"):
        raise Broken("more than a source of a policy")


def markup(data: bytes) -> None:
    """A message: HTML of which a sanitiser takes nothing away, and no more than so much of it."""
    text = clean(data.decode("utf-8", "surrogateescape"))
    made = markdown(text)
    if sanitised(made) != made:
        raise Broken(made)
    if len(made) > 100 * len(text) + 200_000:
        raise Broken("large")


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        *(
            packets,
            fetch,
            old_fetch,
            push,
            question,
            gzip,
            command,
            authorization,
            form,
            asked,
            searched,
            batch,
            markup,
            key,
            gpg_key,
            leaks,
            narrowed,
            id_token,
            redirect,
        ),
    )
}

if __name__ == "__main__":
    if sys.argv[1:2] not in [[name] for name in TARGETS]:
        print(__doc__)
        print(*(f"{name:15}{target.__doc__}" for name, target in TARGETS.items()), sep="\n")
        sys.exit(2)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
