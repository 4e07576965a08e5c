"""OAuth by other people's clients: Authlib's and requests-oauthlib's, and git with what they got."""

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from oauthlib.oauth2 import AccessDeniedError, BackendApplicationClient, InvalidGrantError
from requests_oauthlib import OAuth2Session as RequestsSession
from support.browser import PASSWORD, Page

CALLBACK = "https://app.example.org/callback"


class Scene:
    """A server with HTTPS, an app of Grace's workspace, and Ada, who has a repository."""

    def __init__(self, server, certificate):
        self.server = server
        self.certificate = certificate
        self.grace = server.user("grace")
        self.ada = server.user("ada", password=PASSWORD)
        server.workspace("acme", self.grace)
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        self.app, self.secret = self.register("Deploy bot")
        self.base = server.url.replace("127.0.0.1", "localhost")
        self.authorize = f"{self.base}/site/oauth2/authorize"
        self.token = f"{self.base}/site/oauth2/access_token"

    def register(self, name, *permissions, callback_url=CALLBACK, **more):
        asked = permissions or ("account", "repository:write")
        return self.server.oauth_consumer(
            "acme", self.grace, *asked, callback_url=callback_url, name=name, **more
        )

    def browser(self):
        session = requests.Session()
        session.verify = self.certificate
        return session

    def allow(self, address, decision="allow", browser=None):
        """Ada at her browser: logs in, reads the question, presses a button; where she is sent then."""
        browser = browser or self.browser()
        page = browser.get(address)
        assert "/login" in page.url
        page = self.send(browser, page, "/login", username="ada", password=PASSWORD)
        assert "act for you?" in page.text
        answer = self.send(browser, page, "/site/oauth2/authorize", follow=False, decision=decision)
        assert answer.status_code == 303
        return answer.headers["location"]

    @staticmethod
    def send(browser, page, action, follow=True, **fields):
        form = Page(page.text).form(action)
        filled = [(name, value) for name, value in form.fields if name not in fields] + [*fields.items()]
        return browser.post(urljoin(page.url, action), filled, allow_redirects=follow)


@pytest.fixture
def scene(https, certificate, monkeypatch):
    # The authorities of this machine would come before the certificate of the server.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return Scene(https, str(certificate[0]))


def works(scene, session, username="ada"):
    answer = session.get(f"{scene.base}/2.0/user", verify=scene.certificate)
    assert answer.status_code == 200, answer.text
    assert answer.json()["username"] == username


def test_requests_oauthlib_logs_in_refreshes_and_uses_the_api(scene):
    session = RequestsSession(scene.app, redirect_uri=CALLBACK, scope=["account", "repository"])
    address, state = session.authorization_url(scene.authorize)

    back = scene.allow(address)
    token = session.fetch_token(
        scene.token, authorization_response=back, client_secret=scene.secret, verify=scene.certificate
    )
    works(scene, session)
    renewed = session.refresh_token(scene.token, auth=(scene.app, scene.secret), verify=scene.certificate)

    assert parse_qs(urlsplit(back).query)["state"] == [state]
    assert set(token["scope"]) == {"account", "repository"}
    assert renewed["access_token"] != token["access_token"]
    works(scene, session)
    with pytest.raises(InvalidGrantError):
        session.refresh_token(
            scene.token,
            refresh_token=token["refresh_token"],
            auth=(scene.app, scene.secret),
            verify=scene.certificate,
        )


def test_requests_oauthlib_logs_in_with_pkce_and_no_secret(scene):
    app, _ = scene.register("Phone", public=True)
    session = RequestsSession(app, redirect_uri=CALLBACK, scope=["account"], pkce="S256")
    address, _ = session.authorization_url(scene.authorize)

    session.fetch_token(
        scene.token,
        authorization_response=scene.allow(address),
        include_client_id=True,
        verify=scene.certificate,
    )

    works(scene, session)


def test_requests_oauthlib_gets_a_token_for_the_app_itself(scene):
    session = RequestsSession(client=BackendApplicationClient(scene.app))

    session.fetch_token(scene.token, auth=(scene.app, scene.secret), verify=scene.certificate)

    works(scene, session, "grace")


def test_authlib_finds_the_endpoints_and_logs_in_refreshes_introspects_and_revokes(scene):
    told = scene.browser().get(f"{scene.base}/.well-known/oauth-authorization-server").json()
    metadata = AuthorizationServerMetadata(told)
    metadata.validate()
    session = AuthlibSession(
        scene.app,
        scene.secret,
        redirect_uri=CALLBACK,
        scope="account repository:write",
        code_challenge_method="S256",
        verify=scene.certificate,
    )
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier
    )

    back = scene.allow(address)
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    works(scene, session)
    renewed = session.refresh_token(metadata["token_endpoint"])
    works(scene, session)
    seen = session.introspect_token(metadata["introspection_endpoint"], token=renewed["access_token"]).json()
    gone = session.revoke_token(metadata["revocation_endpoint"], token=renewed["refresh_token"])

    assert parse_qs(urlsplit(back).query)["iss"] == [metadata["issuer"]]
    assert token["token_type"] == "bearer"
    assert (seen["active"], seen["username"]) == (True, "ada")
    assert gone.status_code == 200
    assert session.get(f"{scene.base}/2.0/user").status_code == 401


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_token_for_the_app_itself(scene, method):
    session = AuthlibSession(
        scene.app, scene.secret, token_endpoint_auth_method=method, verify=scene.certificate
    )

    session.fetch_token(scene.token, grant_type="client_credentials")

    works(scene, session, "grace")


def test_both_are_told_no_in_oauths_words(scene):
    theirs = RequestsSession(scene.app, redirect_uri=CALLBACK, scope=["account"])
    address, _ = theirs.authorization_url(scene.authorize)
    wrong = AuthlibSession(scene.app, "wrong", verify=scene.certificate)

    back = scene.allow(address, "deny")

    with pytest.raises(AccessDeniedError):
        theirs.fetch_token(scene.token, authorization_response=back, client_secret=scene.secret)
    with pytest.raises(OAuthError, match="unauthorized_client"):
        wrong.fetch_token(scene.token, grant_type="client_credentials")


def test_git_clones_and_pushes_with_a_token_and_shows_it_nowhere(scene, person_with):
    session = AuthlibSession(scene.app, scene.secret, redirect_uri=CALLBACK, verify=scene.certificate)
    address, state = session.create_authorization_url(scene.authorize)
    token = session.fetch_token(scene.token, authorization_response=scene.allow(address), state=state)[
        "access_token"
    ]
    url = scene.base.replace("https://", f"https://x-token-auth:{token}@")

    person_with.well("clone", f"{url}/ada/notes.git")
    clone = person_with.home / "notes"
    person_with.commit(clone)
    pushed = person_with.git("push", "origin", "HEAD:main", at=clone)

    assert pushed.worked, pushed.err
    person_with.commit(clone, "settings", f"token = {token}\n")
    leaking = person_with.git("push", "origin", "HEAD:main", at=clone)
    assert not leaking.worked
    assert 'your OAuth access token of the app "Deploy bot"' in leaking.err
    for secret in (token, scene.secret, session.token["refresh_token"]):
        assert secret not in scene.server.log
        assert secret[9:] not in scene.server.log
    assert '"user":"ada"' in scene.server.log.replace(" ", "")


@pytest.fixture
def person_with(tmp_path, certificate):
    from support.clients import Person

    return Person(tmp_path / "home", certificate[0])
