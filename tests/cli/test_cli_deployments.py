import pytest


@pytest.fixture
def code(bitpail, git):
    tip = git.commit("first")
    bitpail.well("repo", "adopt", str(git.path), "ada/code")
    return tip


def test_what_deploys_tells_how_it_goes(bitpail, code):
    record = ("deployment", "record", "ada/code", "Live", "main")
    refused = bitpail(*record)
    uuid = bitpail.well(
        *record, "--environment-type", "production", "--state", "in-progress", "--release", "#7",
        "--deployer", "ada", "--url", "https://ci.example.org/7",
    ).strip()  # fmt: skip
    (running,) = bitpail.json("deployment", "list", "ada/code")
    done = bitpail.json("deployment", "update", "ada/code", uuid, "--state", "failed")
    second = bitpail.json(*record)

    assert (refused.status, "no environment 'Live'" in refused.err) == (1, True)
    assert {key: running[key] for key in ("uuid", "environment", "commit", "release", "state", "status")} == {
        "uuid": uuid, "environment": "Live", "commit": code, "release": "#7", "state": "IN_PROGRESS",
        "status": None,
    }  # fmt: skip
    assert (running["deployer"], running["url"]) == ("ada", "https://ci.example.org/7")
    assert (done["uuid"], done["state"], done["status"]) == (uuid, "COMPLETED", "FAILED")
    assert (second["status"], second["release"]) == ("SUCCESSFUL", code[:12])
    told = bitpail.well("deployment", "list", "ada/code").splitlines()
    assert [line.split()[0] for line in told] == [second["uuid"], uuid]
    assert told[1].split()[2:] == ["FAILED", "Live", "#7"]
    assert len(bitpail.json("deployment", "list", "ada/code", "--number", "1")) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("record", "ada/nowhere", "live", "main"), "no repository"),
        (("record", "ada/code", "live", "nowhere", "--environment-type", "test"), "Commit not found"),
        (("record", "ada/code", "live", "main", "--environment-type", "test", "--deployer", "x"), "no user"),
        (("record", "ada/code", "!", "main", "--environment-type", "test"), "name"),
        (("update", "ada/code", "none"), "no deployment"),
        (("list", "code"), "WORKSPACE/REPOSITORY"),
    ],
)
def test_what_is_refused_says_why(bitpail, code, arguments, reason):
    done = bitpail("deployment", *arguments)

    assert (done.status, reason in done.err) == (1, True)
    assert bitpail.json("deployment", "list", "ada/code") == []
