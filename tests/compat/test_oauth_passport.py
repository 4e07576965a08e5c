"""A web site of Node where people log in with their account here, by passport-bitbucket-oauth2 as it is published.

The site runs, the browser is one that follows redirects and fills in forms, and the server speaks HTTPS.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from support.other_clients import passport
from test_oauth_clients import Scene

CALLBACK = "/auth/bitbucket/callback"


class WebSite:
    """The site at its address, and Ada who visits it in one browser."""

    def __init__(self, scene, port):
        self.scene = scene
        self.url = f"http://127.0.0.1:{port}"
        self.callback = f"{self.url}{CALLBACK}"
        self.browser = scene.browser()

    def log_in(self, decision="allow"):
        """The site's answer after Ada has logged in here and decided; and where she was sent with it."""
        back = self.scene.allow(f"{self.url}/start", decision, self.browser)
        assert back.startswith(f"{self.callback}?")
        return self.browser.get(back), {
            name: value for name, (value,) in parse_qs(urlsplit(back).query).items()
        }

    def exchange(self, code, *, secret=None, **how):
        """What the library that passport stands on gets for a code or token."""
        asked = {"code": code, "how": how, "secret": secret}
        return self.browser.post(f"{self.url}/exchange", json=asked).json()

    def refresh(self, token, **more):
        return self.exchange(token, grant_type="refresh_token", **more)

    def asks(self, token, path="/user"):
        """The API's answer to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.scene.browser().get(f"{self.scene.base}/2.0{path}", headers=headers)


@pytest.fixture
def program():
    return passport.or_skip()


@pytest.fixture
def scene(program, https, certificate, monkeypatch):
    # The authorities of this machine would come before the certificate of the server.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return Scene(https, str(certificate[0]))


@pytest.fixture(params=[False, True], ids=["state", "state and PKCE"])
def site(request, program, scene, tmp_path):
    key, scene.secret = scene.register(
        "Web site", "account", "repository", callback_url=f"http://127.0.0.1{CALLBACK}"
    )
    where = {
        "key": key,
        "secret": scene.secret,
        "authorize": scene.authorize,
        "token": scene.token,
        "profile": f"{scene.base}/2.0/user",
        "callback": CALLBACK,
        "scope": ["account"],
        "pkce": request.param,
    }
    with program.stays(tmp_path, scene.certificate, **where) as said:
        yield WebSite(scene, said["port"])


def error(exchanged):
    """OAuth's word for why an exchange was refused."""
    assert exchanged["status"] == 400, exchanged
    return json.loads(exchanged["error"])["error"]


def test_somebody_logs_in_to_the_site_and_it_knows_who_they_are(site):
    answer, sent = site.log_in()

    assert answer.status_code == 200, answer.text
    assert set(sent) == {"code", "state", "iss"}
    login = answer.json()
    me = site.asks(login["access"]).json()
    profile = login["profile"]
    assert (profile["provider"], profile["username"]) == ("bitbucket", "ada")
    assert (profile["id"], profile["displayName"]) == (me["uuid"], me["display_name"])
    assert profile["profileUrl"] == me["links"]["html"]["href"]
    assert profile["id"] == site.scene.ada.uuid
    params = login["params"]
    assert params["token_type"].lower() == "bearer"
    assert params["expires_in"] == 7200
    assert params["scopes"] == params["scope"] == "account"
    assert params["access_token"] == login["access"]


def test_what_the_site_was_given_opens_what_was_asked_for_and_nothing_else(site):
    login = site.log_in()[0].json()

    # The app may have more; the site has asked for the account only.
    assert site.asks(login["access"], "/repositories/ada/notes").status_code == 403
    assert site.asks(f"x{login['access']}").status_code == 401
    assert site.asks(login["refresh"]).status_code == 401


def test_the_site_refreshes_its_token_and_a_token_that_was_used_ends_all(site):
    login = site.log_in()[0].json()

    fresh = site.refresh(login["refresh"])

    assert site.asks(fresh["access"]).status_code == 200
    assert fresh["access"] != login["access"]
    assert error(site.refresh("nonsense")) == "invalid_grant"
    assert site.asks(fresh["access"]).status_code == 200
    assert error(site.refresh(login["refresh"])) == "invalid_grant"
    assert site.asks(fresh["access"]).status_code == 401
    assert error(site.refresh(fresh["refresh"])) == "invalid_grant"


def test_a_code_is_good_once(site):
    answer, sent = site.log_in()

    again = site.exchange(sent["code"], grant_type="authorization_code", redirect_uri=site.callback)

    assert error(again) == "invalid_grant"
    assert site.asks(answer.json()["access"]).status_code == 401


def test_the_app_gets_a_token_for_itself_and_with_a_wrong_secret_nothing(site):
    login = site.log_in()[0].json()

    own = site.exchange("", grant_type="client_credentials")
    wrong = site.refresh(login["refresh"], secret=f"wrong-{site.scene.secret}")

    assert site.asks(own["access"]).json()["username"] == "grace"
    assert wrong["status"] in {400, 401}
    assert json.loads(wrong["error"])["error"] == "unauthorized_client"
    # The refresh token is none the worse for it.
    assert site.asks(site.refresh(login["refresh"])["access"]).status_code == 200


def test_who_says_no_is_not_logged_in_and_may_say_yes_later(site):
    answer, sent = site.log_in("deny")

    assert (answer.status_code, sent["error"]) == (401, "access_denied")
    assert "code" not in sent
    assert "access" not in answer.json()
    page = site.browser.get(f"{site.url}/start")
    assert "act for you?" in page.text
    back = site.scene.send(site.browser, page, "/site/oauth2/authorize", follow=False, decision="allow")
    assert site.browser.get(back.headers["location"]).json()["profile"]["username"] == "ada"


def test_who_has_allowed_it_is_not_asked_again_until_they_take_it_back(site):
    first = site.log_in()[0].json()

    # From /start to the site's own answer without a page between.
    second = site.browser.get(f"{site.url}/start").json()
    assert second["profile"] == first["profile"]
    page = site.browser.get(f"{site.scene.base}/account/settings/app-authorizations/")
    (revoke,) = {link for link in page.text.split('"') if link.endswith("/revoke")}
    page = site.browser.get(f"{site.scene.base}{revoke}")
    site.scene.send(site.browser, page, revoke)

    for login in (first, second):
        assert site.asks(login["access"]).status_code == 401
        assert error(site.refresh(login["refresh"])) == "invalid_grant"
    assert "act for you?" in site.browser.get(f"{site.url}/start").text


def test_an_answer_that_belongs_to_another_visit_is_not_taken(site):
    """The state comes back as it was sent, or the library refuses."""
    back = site.scene.allow(f"{site.url}/start", browser=site.browser)

    for browser, address in (
        (site.browser, back.replace("state=", "state=x")),
        (site.scene.browser(), back),
    ):
        answer = browser.get(address)
        assert answer.status_code == 403
        assert "access" not in answer.json()


def test_no_secret_of_it_stands_in_the_log(site):
    answer, sent = site.log_in()
    login = answer.json()

    for secret in (site.scene.secret, sent["code"], login["access"], login["refresh"]):
        assert secret[9:] not in site.scene.server.log
