"""Each answer that the wire layer makes, judged by the published description."""

import pytest
from support.contract import Contract, contract, independent_implications
from wire_examples import (
    ADA,
    ANNOTATION,
    BRANCH,
    COMMIT,
    LINKS,
    PEOPLE,
    PROJECT,
    REPOSITORY,
    TAG,
    WORKSPACE,
)

from bitpail.wire import commits, errors, pages, projects, refs, repositories, users, workspaces

JSON = "application/json; charset=utf-8"
REPO = "/2.0/repositories/acme/test-repos"
NEXT = "https://git.example.org/2.0/repositories/acme?page=3"
PREVIOUS = "https://git.example.org/2.0/repositories/acme?page=1"


def writer():
    return commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)


def repository(**kind):
    return repositories.full(LINKS, WORKSPACE, PROJECT, REPOSITORY, main_branch="main", **kind)


def page(values):
    return pages.listed(values, size=30, page=2, pagelen=10, following=NEXT, previous=PREVIOUS)


ANSWERS = {
    "/2.0/user": lambda: users.full(LINKS, ADA),
    "/2.0/users/%7Bx%7D": lambda: users.public(LINKS, ADA),
    "/2.0/workspaces/acme": lambda: workspaces.full(LINKS, WORKSPACE),
    "/2.0/workspaces/acme/projects": lambda: page([projects.full(LINKS, WORKSPACE, PROJECT)]),
    "/2.0/workspaces/acme/projects/LIB": lambda: projects.full(LINKS, WORKSPACE, PROJECT, ADA),
    "/2.0/repositories/acme": lambda: page([repository()]),
    REPO: lambda: repository(person=ADA),
    f"{REPO}/commits": lambda: pages.iterated(
        commits.listed(LINKS, WORKSPACE, REPOSITORY, [COMMIT], PEOPLE), pagelen=30, following=NEXT
    ),
    f"{REPO}/commits/feature/x": lambda: pages.iterated([], pagelen=30, following=None),
    f"{REPO}/commit/abc": lambda: commits.single(LINKS, WORKSPACE, REPOSITORY, COMMIT, PEOPLE, ()),
    f"{REPO}/refs": lambda: page(
        [refs.branch(writer(), BRANCH, COMMIT), refs.tag(writer(), TAG, COMMIT, None)]
    ),
    f"{REPO}/refs/branches": lambda: page([refs.branch(writer(), BRANCH, COMMIT)]),
    f"{REPO}/refs/branches/feature/draft": lambda: refs.branch(writer(), BRANCH, COMMIT),
    f"{REPO}/refs/tags": lambda: page(
        [refs.tag(writer(), TAG, COMMIT, ANNOTATION), refs.tag(writer(), TAG, None, None)]
    ),
    f"{REPO}/refs/tags/v1.0": lambda: refs.tag(writer(), TAG, COMMIT, ANNOTATION),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_is_one_that_the_contract_allows(path):
    contract().validate_response("GET", path, 200, JSON, ANSWERS[path]())


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("user", users.embedded(LINKS, ADA)),
        ("team", workspaces.owner(LINKS, WORKSPACE, None)),
        ("workspace", workspaces.embedded(LINKS, WORKSPACE)),
        ("project", projects.embedded(LINKS, WORKSPACE, PROJECT)),
        ("repository", repositories.embedded(LINKS, WORKSPACE, REPOSITORY)),
    ],
)
def test_an_embedded_object_obeys_the_schema_of_the_whole(schema, value):
    contract().validate(schema, value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, errors.unknown_path()),
        (404, errors.not_yours()),
        (404, errors.no_workspace("x")),
        (403, errors.missing_scopes(["repository"], ["issue:write"])),
        (403, errors.forbidden()),
        (401, errors.invalid_credentials()),
        (401, errors.bad_token()),
        (401, errors.sign_in()),
        (400, errors.validation({"name": ["is taken"], "key": []})),
        (500, errors.error("Something", error_id="abc")),
    ],
)
def test_an_error_is_an_envelope_of_the_contract(status, body):
    contract().validate_response("GET", REPO, status, JSON, body)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda body: body["links"].update(homepage={"href": "https://h/"}), r"\$\.links"),
        (lambda body: body["links"]["self"].update(title="x"), r"\$\.links\.self"),
        (lambda body: body["links"]["html"].update(href="https://h/a b"), r"\$\.links\.html\.href"),
        (lambda body: body["links"]["html"].update(href="https://h/100%"), r"\$\.links\.html\.href"),
        (lambda body: body.update(created_on="2018-09-20"), r"\$\.created_on"),
        (lambda body: body.update(size="12"), r"\$\.size"),
        (lambda body: body.update(fork_policy="never"), r"\$\.fork_policy"),
        (lambda body: body["owner"].update(type="commit"), r"\$\.owner"),
        (lambda body: body["mainbranch"].update(type="tag"), r"\$\.mainbranch"),
        (lambda body: body["project"]["links"].update(x={}), r"\$\.project\.links"),
        (lambda body: body.pop("type"), r"\$: 'type'"),
    ],
)
def test_the_checker_names_what_is_wrong(change, place):
    body = repository()
    change(body)

    with pytest.raises(AssertionError, match=place):
        contract().validate_response("GET", REPO, 200, JSON, body)


def test_the_checker_looks_into_the_subtype():
    body = users.full(LINKS, ADA)
    body["account_id"] = 12  # only the subtype "user" knows this member

    with pytest.raises(AssertionError, match="account_id"):
        contract().validate_response("GET", "/2.0/user", 200, JSON, body)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [(418, "text/html", None), (299, JSON, {}), (200, "text/html", None), (404, JSON, {"error": {}})],
)
def test_the_checker_refuses_unlisted_statuses_and_kinds(status, kind, body):
    with pytest.raises(AssertionError):
        contract().validate_response("GET", REPO, status, kind, body)


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/2.0/repositories/a/%7Bx%7D/refs/branches/feature/x", "refs/branches/{name}"),
        ("GET", "/2.0/repositories/%7B%7D/{x}/src/abc/", "src/{commit}/{path}"),
        ("GET", "/repositories/a/b/src/abc/d/e?format=meta", "src/{commit}/{path}"),
        ("post", "/2.0/repositories/a/b/commits/", "commits"),
        ("GET", "/2.0/repositories/a/b/pullrequests/activity", "pullrequests/activity"),
    ],
)
def test_a_real_path_finds_its_operation(method, path, template):
    assert contract().operation(method, path).template.endswith(f"/{template}")


def test_a_path_that_the_contract_lacks_is_refused():
    with pytest.raises(AssertionError, match="no GET"):
        contract().operation("GET", "/2.0/app-passwords")


def test_scopes_are_alternatives_of_conjunctions():
    key = "/2.0/repositories/a/b/deploy-keys"

    assert contract().security("GET", "/2.0/user") == [{"account"}]
    assert contract().security("GET", "/2.0/workspaces/a") == []
    assert contract().security("GET", key) == [{"repository", "repository:admin"}]


def test_the_whole_description_is_understood():
    judge = Contract()

    assert len(judge.operations) == 331
    for operation in judge.operations:
        found = judge.operation(operation.method, operation.template)
        assert found.template == operation.template
    known = set(independent_implications())
    assert all(scopes <= known for o in judge.operations for scopes in judge.security(o.method, o.template))
