"""What a good credential hears of a repository that is missing or somebody else's, from whichever program it comes."""

import pytest

from bitpail.wire.errors import NOT_YOURS

pytestmark = pytest.mark.anyio

GITS = ["git/2.39.5", "git/2.39.5 (Apple Git-154)", "git/2.51.0-Linux", "git/2.20.1.windows.1"]
OTHERS = [
    *(
        "",
        "git/isomorphic-git@1.44.17",
        "git/2.0 (libgit2 1.9.0)",
        "git/dulwich/1.2.21",
        "JGit/6.10",
        "go-git/5.x",
    ),
    *("git-lfs/3.3.0 (GitHub; linux amd64; go 1.19.3)", "curl/8.5.0", "x git/2.39.5"),
]


@pytest.mark.parametrize("agent", GITS + OTHERS)
async def test_missing_and_invisible_sound_the_same_and_git_hears_what_was_recorded(server, ada, agent):
    eve = await server.auth(await server.user("eve"), "repository:write")
    headers = [("user-agent", agent)]

    def ask(repository, credential):
        path = f"/{repository}.git/info/refs?service=git-upload-pack"
        return server.client.get(path, auth=credential, headers=headers)

    await server.repository("ada", "closed")
    hidden, missing, nowhere = [await ask(one, eve) for one in ("ada/closed", "ada/nothing", "no/where")]

    assert hidden.status == (401 if agent in GITS else 404)
    assert hidden.text == f"{NOT_YOURS}\n"
    assert ("www-authenticate" in hidden.headers) == (agent in GITS)
    assert (hidden.status, hidden.body) == (missing.status, missing.body) == (nowhere.status, nowhere.body)
    for wrong in (None, ("eve", "wrong")):
        told = [await ask(one, wrong) for one in ("ada/closed", "ada/nothing")]
        assert [one.status for one in told] == [401, 401]
        assert told[0].body == told[1].body
