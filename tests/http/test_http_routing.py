import pytest

from bitpail.errors import Invalid
from bitpail.http.routing import MethodNotAllowed, Opens, Route, Router
from bitpail.model.access import Need


async def handler():
    """Never called: the router only finds it."""


def router(*templates):
    return Router(
        Route(method, template, Opens.SITE, Need(), handler)
        for method, _, template in (line.partition(" ") for line in templates)
    )


def found(routes, path, method="GET"):
    match = routes.find(method, path)
    return match and (match.route.template, match.parameters)


def test_a_literal_goes_before_a_parameter_and_a_parameter_before_a_rest():
    routes = router("GET /a/{rest...}", "GET /a/{x}/c", "GET /a/b/c", "GET /a/{x}")

    assert found(routes, b"/a/b/c") == ("/a/b/c", {})
    assert found(routes, b"/a/x/c") == ("/a/{x}/c", {"x": "x"})
    assert found(routes, b"/a/x") == ("/a/{x}", {"x": "x"})
    assert found(routes, b"/a/b") == ("/a/{x}", {"x": "b"})
    assert found(routes, b"/a/b/d/e") == ("/a/{rest...}", {"rest": "b/d/e"})
    assert found(routes, b"/a") is None
    assert found(routes, b"/b") is None


def test_a_literal_that_leads_nowhere_is_given_up_for_a_parameter():
    routes = router("GET /a/b/c", "GET /a/{x}/d")

    assert found(routes, b"/a/b/d") == ("/a/{x}/d", {"x": "b"})


def test_the_order_in_which_routes_are_listed_changes_nothing():
    lines = ["GET /a/{rest...}", "GET /a/{x}/c", "GET /a/b/c"]

    for path in (b"/a/b/c", b"/a/x/c", b"/a/b/x/c"):
        assert found(router(*lines), path) == found(router(*reversed(lines)), path)


def test_two_routes_for_one_address_are_refused():
    with pytest.raises(ValueError, match="two routes"):
        router("GET /a/{x}", "GET /a/{y}")
    router("GET /a/{x}", "POST /a/{y}")


def test_names_of_parameters_may_differ_by_method():
    routes = router("GET /a/{x}", "POST /a/{y}")

    assert found(routes, b"/a/1") == ("/a/{x}", {"x": "1"})
    assert found(routes, b"/a/1", "POST") == ("/a/{y}", {"y": "1"})


def test_an_encoded_slash_stays_inside_its_segment():
    routes = router("GET /a/{x}", "GET /a/{x}/c")

    assert found(routes, b"/a/b%2Fc") == ("/a/{x}", {"x": "b/c"})
    assert found(routes, b"/%61/b") == ("/a/{x}", {"x": "b"})


def test_a_parameter_is_never_empty():
    routes = router("GET /a/{x}/c")

    assert found(routes, b"/a//c") is None


@pytest.mark.parametrize(
    "path", [b"/a/%00", b"/a/\x00", b"/a/%FF", b"/a/\xff", b"/a/%ED%A0%80", b"/a/%C0%AE"]
)
def test_a_path_is_utf_8_without_nul(path):
    with pytest.raises(Invalid):
        router("GET /a/{x}").find("GET", path)


def test_head_finds_get_and_other_methods_are_told_what_there_is():
    routes = router("GET /a", "POST /a")

    assert found(routes, b"/a", "HEAD") == ("/a", {})
    with pytest.raises(MethodNotAllowed) as refused:
        routes.find("DELETE", b"/a")
    assert {"GET", "POST"} <= set(refused.value.allowed)


def test_a_long_path_is_looked_up_quickly():
    routes = router("GET /{a}/{b}/x/{rest...}", "GET /{a}/b/{c}/{rest...}", "GET /a/{b}/{c}/{rest...}")

    assert found(routes, b"/a/b/y" + b"/z" * 30_000)[0] == "/a/{b}/{c}/{rest...}"
