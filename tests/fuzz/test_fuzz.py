"""Each fuzz target for a while, from seeds that look like real requests: no crash, no hang, no growth."""

import base64
import gzip
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.secrets import generate
from bitpail.wire.packet_lines import FLUSH, encode

TARGETS = Path(__file__).with_name("targets.py")
NAMES = re.findall(r"^def ([a-z]\w*)\(data", TARGETS.read_text(), re.MULTILINE)
A, B = b"a" * 40, b"b" * 40
HEAD = b"".join(map(encode, (b"command=fetch\n", b"agent=git/2\n", b"object-format=sha1\n")))
LINES = (b"thin-pack\n", b"deepen 1\n", b"filter blob:none\n", b"want " + A, b"have " + B, b"done\n")
FETCH = HEAD + b"0001" + b"".join(map(encode, LINES)) + FLUSH
OLD = (
    encode(b"want " + A + b" multi_ack side-band-64k\n")
    + FLUSH
    + encode(b"have " + B + b"\n")
    + encode(b"done\n")
)
PUSH = (
    encode(b"0" * 40 + b" " + A + b" refs/heads/x\0report-status push-options") + FLUSH + encode(b"o") + FLUSH
)
NARROWED = narrow(generate(), Narrowing(repositories=("acme/site",), read_only=True)).reveal()
SEEDS = {
    "packets": [b"\x03" + FETCH, b"\x01" + OLD],
    "fetch": [FETCH, encode(b"command=ls-refs\n") + b"0001" + encode(b"ref-prefix refs/heads/\n") + FLUSH],
    "old_fetch": [OLD],
    "push": [b"\x07" + PUSH + b"PACK\0\0\0\2\0\0\0\1" + b"x" * 40, b"\xff" + PUSH],
    "question": [b"/objects/quarantine\n" + A + b" " + B + b" refs/heads/main\n"],
    "gzip": [b"\x05" + gzip.compress(b"x" * 100_000), b"\x09" + gzip.compress(FETCH)],
    "redirect": [
        b"https://app.example.org:8443/callback/deep?tenant=7&next=%2Fx",
        b"http://[::1]:8080/cb",
        b"org.example.app:/callback",
    ],
    "markup": [
        b"# A *b* `c`\n\n- [d](http://e 'f')\n\n|a|b|\n|-|-|\n|<b>|&amp;|\n",
        b"> 1. ~~x~~\n```\ny\n```\n",
    ],
    "command": [b"git-upload-pack '/ada/notes.git'", b"git receive-pack ada/notes.git/wiki"],
    "authorization": [b"Basic " + base64.b64encode(b"ada:secret"), b"Bearer x"],
    "form": [
        b"a=b&c=%20",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nz\r\n--x--\r\n',
    ],
    "asked": [b'name ~ "a" AND (size >= 5 OR owner.links.href != null)', b"-name,owner.links.*,+size"],
    "searched": [b'foo (Bar OR "a b") -ext:py path:/src NOT lang:go', "Σίσυφος\n ß".encode()],
    "batch": [
        b'{"operation":"upload","objects":[{"oid":"' + A + b'","size":1}],"ref":{"name":"refs/heads/x"}}'
    ],
    "key": [b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUMsCYMkzIYcIWrwO4kpWdQ0ohBEhTfRDYN8DVdLTfE ada"],
    "gpg_key": [b"\xc6\x0a\x04" + b"\0" * 9 + b"\xcd\x03Ada\xc2\x06\x04\x13\x16\x08\0\0"],
    "leaks": [
        b"\x0dkey = " + generate().reveal().encode() + b"\n",
        b"\x29key = " + NARROWED.encode() + b"\n",
    ],
    "narrowed": [base64.urlsafe_b64decode(NARROWED[4:] + "=" * (-len(NARROWED[4:]) % 4))[:-4]],
    "id_token": [
        b"eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL3gub3JnIn0.x",
        b'{"alg":"ES256"}.{"iss":"x"}.',
    ],
}


@pytest.mark.skipif(
    sys.version_info >= (3, 12) or platform.machine() != "x86_64",
    reason="atheris has no wheel for this Python here",
)
@pytest.mark.parametrize("name", NAMES)
def test_no_crash_no_hang_no_growth(name, tmp_path):
    for number, seed in enumerate(SEEDS[name]):
        (tmp_path / str(number)).write_bytes(seed)

    limits = [
        "-runs=15000",
        "-max_total_time=20",
        "-timeout=5",
        "-rss_limit_mb=1024",
        "-max_len=4096",
        "-seed=1",
    ]
    done = subprocess.run(
        # A process begins with the memory that its starter had at the most: a shell's is small.
        ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, TARGETS, name, *limits, tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    assert re.search(r"Done [0-9]{3,} runs", done.stderr), done.stderr[-500:]


def test_every_target_has_seeds():
    assert len(NAMES) > 10
    assert set(NAMES) == set(SEEDS)
