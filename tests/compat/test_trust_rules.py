"""A job of a CI with curl and git, as the page tells it, against a running server."""

import json

import pytest
from support.issuer import issuing

from bitpail.services import trust_rules, users
from bitpail.services.app_passwords import Wanted
from bitpail.services.trust_rules import WantedRule
from bitpail.testing import Bitpail
from bitpail.web.trust_rules import _job


@pytest.fixture
def issuer():
    with issuing() as one:
        yield one


@pytest.fixture
def bitpail(issuer):
    with Bitpail.started(private_issuers=(issuer.url,)) as server:
        yield server


def test_what_the_page_says_is_what_a_job_does(bitpail, issuer, person):
    ada = bitpail.user("ada")
    bitpail.repository("ada/notes", files={"README.md": "# Notes\n"})

    async def trust(site):
        wanted = WantedRule(
            app_password=Wanted(label="ci", permissions=("repository:write",), repositories=("ada/notes",)),
            issuer=issuer.url,
            claims={"repository": "acme/site"},
            audience="https://git.example.org",
        )
        return await trust_rules.create(site, await users.named(site, "ada"), wanted)

    rule = bitpail.do(trust)
    # jq is not everywhere: what it does here, Python does.
    (person.home / "jq").write_text(
        "#!/usr/bin/env python3\nimport json,sys\nprint(json.load(sys.stdin)[sys.argv[2][1:]])\n"
    )
    (person.home / "jq").chmod(0o755)
    script = (
        f'export PATH="{person.home}:$PATH" ID_TOKEN="{issuer.token()}"\n{_job(rule, bitpail.url)}\n'
        "export secret; git -c credential.helper='!f() { echo username=ada; echo \"password=$secret\"; }; f' "
        f"clone --quiet {bitpail.url}/ada/notes.git clone\n"
    )

    done = person.shell(script)

    assert done.worked, done.seen
    assert (person.home / "clone" / "README.md").read_text() == "# Notes\n"
    again = person.shell(script)
    assert not again.worked
    assert issuer.token().split(".")[1] not in bitpail.log
    (use,) = bitpail.do(lambda site: trust_rules.uses(site, rule.rule))
    assert use.address == "127.0.0.1"
    assert ada.username == "ada"


def test_the_answer_is_as_rfc_8693_has_it(bitpail, issuer, person):
    bitpail.user("ada")

    async def trust(site):
        wanted = WantedRule(
            app_password=Wanted(label="ci", permissions=("account",)),
            issuer=issuer.url,
            claims={"repository": "acme/site"},
            audience="https://git.example.org",
        )
        return await trust_rules.create(site, await users.named(site, "ada"), wanted)

    bitpail.do(trust)
    (person.home / "token").write_text(issuer.token())

    done = person.run(
        "curl", "-sSf", f"{bitpail.url}/bitpail/1/token",
        "-d", "grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
        "-d", "subject_token_type=urn:ietf:params:oauth:token-type:id_token",
        "--data-urlencode", "subject_token@token",
    )  # fmt: skip

    told = json.loads(done.out)
    assert told.keys() >= {"access_token", "issued_token_type", "token_type", "expires_in"}
    status, user = person.api(f"{bitpail.api}/user", "-u", f"ada:{told['access_token']}")
    assert (status, user["username"]) == (200, "ada")
