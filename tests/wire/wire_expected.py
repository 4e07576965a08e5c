"""The exact objects that the examples must become, in the recorded order of members."""

from wire_examples import API, HASH, PARENT, WEB

PLACE = f"{API}/repositories/acme/test-repos"
USER_PATH = "%7B7d3a178a-a087-4756-b2da-2f9eadf50ba8%7D"
USER = {
    "display_name": "Ada Byron",
    "links": {
        "self": {"href": f"{API}/users/{USER_PATH}"},
        "avatar": {"href": f"{WEB}/users/{USER_PATH}/avatar/"},
        "html": {"href": f"{WEB}/{USER_PATH}/"},
    },
    "type": "user",
    "uuid": "{7d3a178a-a087-4756-b2da-2f9eadf50ba8}",
    "account_id": "557058:270a1f96-cd27-4013-ade6-85df2ab9820c",
    "nickname": "ada b",
}
EMBEDDED_WORKSPACE = {
    "type": "workspace",
    "uuid": "{c5716604-73d9-4ad4-a3dd-a75485652c57}",
    "name": "Acme",
    "slug": "acme",
    "links": {
        "avatar": {"href": f"{WEB}/workspaces/acme/avatar/?ts=1537545238"},
        "html": {"href": f"{WEB}/acme/"},
        "self": {"href": f"{API}/workspaces/acme"},
    },
}
OWNER = {
    "display_name": "Acme",
    "links": {
        "self": {"href": f"{API}/workspaces/acme"},
        "avatar": {"href": f"{WEB}/workspaces/acme/avatar/?ts=1537545238"},
        "html": {"href": f"{WEB}/acme/"},
    },
    "type": "team",
    "uuid": "{c5716604-73d9-4ad4-a3dd-a75485652c57}",
    "username": "acme",
}
EMBEDDED_PROJECT = {
    "type": "project",
    "key": "LIB",
    "uuid": "{645d71c9-e01c-40ab-976c-3992b9b695a4}",
    "name": "Libraries",
    "links": {
        "self": {"href": f"{API}/workspaces/acme/projects/LIB"},
        "html": {"href": f"{WEB}/acme/workspace/projects/LIB"},
        "avatar": {"href": f"{WEB}/acme/workspace/projects/LIB/avatar/32?ts=1537545238"},
    },
}
EMBEDDED_REPOSITORY = {
    "type": "repository",
    "full_name": "acme/test-repos",
    "links": {
        "self": {"href": PLACE},
        "html": {"href": f"{WEB}/acme/test-repos"},
        "avatar": {"href": f"{WEB}/acme/test-repos/avatar/32/"},
    },
    "name": "Test repos",
    "uuid": "{3deb8c29-778a-450c-8f69-3e50a18079df}",
}
RENDERED = {
    "type": "rendered",
    "raw": "Draft pull request\n",
    "markup": "markdown",
    "html": "<p>Draft pull request</p>",
}
LISTED_COMMIT = {
    "type": "commit",
    "hash": HASH,
    "date": "2026-04-07T09:12:21+00:00",
    "author": {"type": "author", "raw": "Ada Byron <Ada@Example.org>", "user": USER},
    "committer": {"type": "committer", "raw": "robot <robot@example.org>"},
    "message": "Draft pull request\n",
    "summary": RENDERED,
    "links": {
        "self": {"href": f"{PLACE}/commit/{HASH}"},
        "html": {"href": f"{WEB}/acme/test-repos/commits/{HASH}"},
        "diff": {"href": f"{PLACE}/diff/{HASH}"},
        "approve": {"href": f"{PLACE}/commit/{HASH}/approve"},
        "comments": {"href": f"{PLACE}/commit/{HASH}/comments"},
        "statuses": {"href": f"{PLACE}/commit/{HASH}/statuses"},
        "patch": {"href": f"{PLACE}/patch/{HASH}"},
    },
    "parents": [
        {
            "hash": PARENT,
            "links": {
                "self": {"href": f"{PLACE}/commit/{PARENT}"},
                "html": {"href": f"{WEB}/acme/test-repos/commits/{PARENT}"},
            },
            "type": "commit",
        }
    ],
    "rendered": {"message": RENDERED},
    "repository": EMBEDDED_REPOSITORY,
}
