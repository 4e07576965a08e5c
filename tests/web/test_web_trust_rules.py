"""The pages of trust rules: added, shown with what a job does, revoked."""

import pytest

from bitpail.services import app_passwords, trust_rules
from bitpail.services.app_passwords import Wanted
from bitpail.services.trust_rules import WantedRule

pytestmark = pytest.mark.anyio

ALL = "/account/settings/trust-rules/"
NEW = f"{ALL}new"


def form(**more):
    return {
        "label": "deploy",
        "issuer": "github",
        "claims": "repository=acme/site\n ref = refs/heads/* \n",
        "audience": "",
        "lives": "30m",
        "scopes": "repository:write",
        "repositories": "",
        "branches": "bot/*",
        "until": "",
        **more,
    }


async def rules(server, ada):
    return await trust_rules.of_user(server.site, ada)


async def test_a_rule_is_added_and_shows_what_a_job_does(server, page, ada):
    answer = await page.submit(NEW, NEW, **form())

    (made,) = await rules(server, ada)
    assert answer.headers["location"] == f"{ALL}{made.rule.id}/"
    assert made.rule.issuer == "https://token.actions.githubusercontent.com"
    assert dict(made.rule.claims) == {"repository": "acme/site", "ref": "refs/heads/*"}
    assert made.rule.lifetime == 1800
    assert made.app_password.limits.branches == ("refs/heads/bot/*",)
    shown = (await page.get(f"{ALL}{made.rule.id}/")).text
    assert "GitHub Actions" in shown
    assert "ACTIONS_ID_TOKEN_REQUEST_URL&amp;audience=" in shown
    assert f"{made.rule.audience}/bitpail/1/token" in shown
    assert "No job has asked yet" in shown
    assert "deploy" in (await page.get(ALL)).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": ""}, "label"),
        ({"issuer": ""}, "not an issuer"),
        ({"issuer": "http://ci.example.org"}, "private_issuers"),
        ({"claims": ""}, "whose jobs"),
        ({"claims": "repository"}, "name=pattern"),
        ({"claims": "repository=a/b\nrepository=c/d"}, "each claim once"),
        ({"claims": "ref=main"}, "whose jobs"),
        ({"scopes": ""}, "at least one permission"),
        ({"audience": "a b"}, "audience"),
        ({"repositories": "ada/nothing"}, "no repository"),
        ({"branches": "a..b"}, "branch pattern"),
        ({"until": "2020-01-01"}, "in the past"),
    ],
    ids=range(12),
)
async def test_what_is_wrong_is_said_and_what_was_typed_comes_back(server, page, ada, fields, words):
    refused = await page.submit(NEW, NEW, **form(**fields))

    assert refused.status == 422
    assert words in refused.text.lower()
    assert await rules(server, ada) == []
    if "label" not in fields:
        assert 'value="deploy"' in refused.text


async def test_what_people_typed_is_escaped(server, page, ada):
    await page.submit(NEW, NEW, **form(label="<i>x</i>", claims="repository=<b>/x"))

    (made,) = await rules(server, ada)
    for path in (ALL, f"{ALL}{made.rule.id}/"):
        seen = (await page.get(path)).text
        assert "<i>x" not in seen
        assert "<b>/x" not in seen
        assert "&lt;b&gt;/x" in seen


async def test_the_form_is_filled_in_by_a_link(page):
    seen = (await page.get(f"{NEW}?label=ci&issuer=gitlab&claims=project_path%3Dacme/site&scopes=wiki")).text

    assert 'value="gitlab"' in seen
    assert "project_path=acme/site</textarea>" in seen


async def test_nobody_sees_somebody_elses(server, page, ada):
    grace = await server.user("grace")
    wanted = WantedRule(
        app_password=Wanted(label="hers", permissions=("wiki",)),
        issuer="gitlab",
        claims={"project_path": "acme/site"},
        audience="x",
    )
    made = await trust_rules.create(server.site, grace, wanted)

    assert (await page.get(f"{ALL}{made.rule.id}/")).status == 404
    assert "hers" not in (await page.get(ALL)).text
    assert (await page.get(f"{ALL}nothing/")).status == 404


async def test_revoking_its_app_password_ends_it(server, page, ada):
    await page.submit(NEW, NEW, **form())

    await app_passwords.revoke(server.site, ada, "deploy")

    assert "There is none yet" in (await page.get(ALL)).text
