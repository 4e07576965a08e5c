import asyncio
import uuid

import pytest
from support.repositories import Repository as GitRepository

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def reports(server, ada, git):
    tip = git.commit("first")
    await server.adopted("ada", "code", git)
    return f"{CODE}/commit/{tip}/reports"


TOLD = {
    "type": "report",
    "title": "Security scan report",
    "details": "This change introduces 10 new vulnerabilities.\nOf dependencies.",
    "report_type": "SECURITY",
    "reporter": "scanner",
    "link": "https://scan.example.org/reports/001",
    "logo_url": "https://scan.example.org/logo.png",
    "remote_link_enabled": True,
    "result": "FAILED",
    "data": [
        {"title": "Duration", "type": "DURATION", "value": 14},
        {"title": "Safe to merge?", "type": "BOOLEAN", "value": False},
        {"title": "When", "type": "DATE", "value": 1700000000000},
        {"title": "More", "type": "LINK", "value": {"text": "here", "href": "https://scan.example.org/"}},
        {"title": "Lines", "type": "NUMBER", "value": -1.5},
        {"title": "Coverage", "type": "PERCENTAGE", "value": 99.5},
        {"title": "Words", "type": "TEXT", "value": "a\nb"},
        {"title": "Anything", "value": 7},
        {"title": "Or", "value": "text"},
        {"title": "Or", "value": True},
    ],
}
LEAST = {"type": "report", "title": "t", "details": "d"}
FOUND = {
    "type": "report_annotation",
    "annotation_type": "VULNERABILITY",
    "summary": "This line represents a security threat.",
    "details": "Of the worst kind.",
    "severity": "HIGH",
    "result": "FAILED",
    "path": "src/main.py",
    "line": 42,
    "link": "https://scan.example.org/a/1",
}


async def test_a_report_is_told_told_anew_and_forgotten(api, auth, reports):
    made = await api.send_json("PUT", f"{reports}/scan-1", TOLD, auth=auth)
    again = await api.send_json("PUT", f"{reports}/scan-1", LEAST, auth=auth)

    told = made.json()
    assert made.status == again.status == 200
    assert {name: told[name] for name in TOLD} == TOLD
    assert told["external_id"] == "scan-1"
    assert told["created_on"] == told["updated_on"]
    assert (again.json()["uuid"], again.json()["created_on"]) == (told["uuid"], told["created_on"])
    assert again.json()["updated_on"] > told["updated_on"]
    # As a whole: what is left out is gone.
    assert set(again.json()) == {
        *("type", "uuid", "external_id", "title", "details", "remote_link_enabled", "data"),
        *("created_on", "updated_on"),
    }
    assert (await api.get(f"{reports}/scan-1", auth=auth)).json() == again.json()
    assert (await api.request("DELETE", f"{reports}/scan-1", auth=auth)).status == 204
    assert (await api.get(f"{reports}/scan-1", auth=auth)).status == 404
    assert (await api.request("DELETE", f"{reports}/scan-1", auth=auth)).status == 404


async def test_a_report_has_two_names_and_the_address_gives_the_makers(api, auth, reports):
    made = await api.send_json("PUT", f"{reports}/scan%2F1", {**LEAST, "external_id": "other"}, auth=auth)
    own = f"{reports}/%7B{made.json()['uuid'][1:-1].upper()}%7D"

    again = await api.send_json("PUT", own, {**LEAST, "title": "new"}, auth=auth)
    unknown = await api.send_json("PUT", f"{reports}/%7B{uuid.uuid4()}%7D", LEAST, auth=auth)

    assert made.json()["external_id"] == "scan/1"
    assert again.json()["external_id"] == "scan/1"
    assert (await api.get(f"{reports}/scan%2F1", auth=auth)).json()["title"] == "new"
    assert (await api.get(own, auth=auth)).json() == again.json()
    assert (unknown.status, (await api.get(reports, auth=auth)).json()["size"]) == (404, 1)


async def test_reports_are_listed_as_they_came_and_asked_for_by_what_they_say(api, auth, reports):
    for number, result in enumerate(["PASSED", "FAILED", "FAILED"]):
        told = {**LEAST, "title": f"Report {number}", "result": result, "remote_link_enabled": number == 2}
        await api.send_json("PUT", f"{reports}/{number}", told, auth=auth)
    await api.send_json("PUT", f"{reports}/3", {**LEAST, "title": "no result"}, auth=auth)

    async def asked(query):
        answer = await api.get(f"{reports}?{query}", auth=auth)
        return [one["external_id"] for one in answer.json()["values"]], answer.json().get("size")

    assert await asked("") == (["0", "1", "2", "3"], 4)
    assert await asked("page=2&pagelen=3") == (["3"], 4)
    assert await asked("page=3&pagelen=3") == ([], 4)
    assert await asked('q=result="FAILED"&sort=-external_id') == (["2", "1"], 2)
    assert await asked('q=result="FAILED"&sort=-external_id&pagelen=1') == (["2"], 2)
    assert await asked("q=result=null") == (["3"], 1)
    assert await asked("q=remote_link_enabled=true") == (["2"], 1)
    assert await asked("q=remote_link_enabled=false&sort=-title") == (["3", "1", "0"], 3)
    assert await asked('q=title~"REPORT"+AND+created_on>2020-01-01&sort=-created_on') == (["2", "1", "0"], 3)
    for wrong in ("q=data=1", "q=result=1", "sort=data", "sort=nothing", "pagelen=0"):
        assert (await api.get(f"{reports}?{wrong}", auth=auth)).status == 400, wrong


async def test_what_is_said_of_one_commit_is_not_said_of_another(api, auth, reports, git):
    other = git.commit("second")
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)

    assert (await api.get(f"{CODE}/commit/{other}/reports", auth=auth)).json()["values"] == []
    assert (await api.get(f"{CODE}/commit/{other}/reports/scan", auth=auth)).status == 404
    assert (await api.get(f"{CODE}/commit/main/reports/scan", auth=auth)).status == 404
    # Whatever the commit is called.
    short = reports.replace(reports.split("/")[-2], reports.split("/")[-2][:8])
    assert (await api.get(f"{short}/scan", auth=auth)).status == 200
    assert (await api.get(f"{CODE}/commit/{'0' * 40}/reports", auth=auth)).status == 404


LONG = "x" * 3000


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"type": None}, "type"),
        ({"type": "issue"}, "type"),
        ({"type": 5}, "type"),
        ({"title": None}, "title"),
        ({"title": " "}, "title"),
        ({"title": LONG}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"details": None}, "details"),
        ({"details": LONG}, "details"),
        ({"external_id": 5}, "external_id"),
        ({"reporter": LONG}, "reporter"),
        ({"reporter": ["x"]}, "reporter"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://x/" + LONG}, "link"),
        ({"link": "https://"}, "link"),
        ({"link": "//[bad"}, "link"),
        ({"logo_url": "data:image/png;base64,x"}, "logo_url"),
        ({"remote_link_enabled": "yes"}, "remote_link_enabled"),
        ({"report_type": "OTHER"}, "report_type"),
        ({"result": "GREEN"}, "result"),
        ({"data": {}}, "data"),
        ({"data": [{"title": "t", "value": 1}] * 11}, "data"),
        ({"data": [{"title": "t", "value": 1}, {"title": "", "value": 1}]}, "data.1.title"),
        ({"data": [{"title": LONG, "value": 1}]}, "data.0.title"),
        ({"data": [{"title": "t", "type": "WORDS", "value": 1}]}, "data.0.type"),
    ],
)
async def test_what_is_wrong_is_named(api, auth, reports, changes, member):
    answer = await api.send_json("PUT", f"{reports}/scan", {**TOLD, **changes}, auth=auth)

    assert answer.status == 400
    assert list(answer.json()["error"]["fields"]) == [member]
    assert member in answer.message
    assert (await api.get(reports, auth=auth)).json()["values"] == []


VALUES = [1, 0, -1, 1.5, 101, True, "text", "", None, [], {}, 2**63, -(2**63), LONG, "a\0b"]
_NUMBERS = [1, 0, -1, 1.5, 101, -(2**63)]
LINK = {"text": "here", "href": "https://x.example/"}


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        (None, [*_NUMBERS, True, "text", ""]),
        ("BOOLEAN", [True]),
        ("DATE", _NUMBERS),
        ("DURATION", _NUMBERS),
        ("LINK", [LINK]),
        ("NUMBER", _NUMBERS),
        ("PERCENTAGE", [1, 0, 1.5]),
        ("TEXT", ["text", ""]),
    ],
)
async def test_a_value_is_what_its_type_says(api, auth, reports, kind, right):
    wrong_links = [{"text": "here"}, {"text": "", "href": "https://x.example/"}, {"text": 1, "href": 1}]
    for value in [*VALUES, LINK, *wrong_links, {"text": "x", "href": "javascript:alert(1)"}]:
        row = {"title": "t", "value": value, **({"type": kind} if kind else {})}
        answer = await api.send_json("PUT", f"{reports}/scan", {**LEAST, "data": [row]}, auth=auth)

        expected = any(type(value) is type(one) and value == one for one in right)
        assert (answer.status == 200) is expected, (kind, value, answer)
        if expected:
            assert answer.json()["data"] == [row]


async def test_an_address_is_told_escaped(api, auth, reports):
    told = {**LEAST, "link": "https://x.example/a b/ü?q=<1>&r=%zz%20"}
    made = await api.send_json("PUT", f"{reports}/scan", told, auth=auth, beyond={"link"})

    assert made.json()["link"] == "https://x.example/a%20b/%C3%BC?q=%3C1%3E&r=%25zz%20"


@pytest.mark.parametrize("name", ["%20", "x" * 451, "a%07b", "a%00b", "%FF"])
async def test_an_id_that_nobody_could_give(api, auth, reports, name):
    made = await api.send_json("PUT", f"{reports}/{name}", LEAST, auth=auth)

    assert made.status == 400
    assert (await api.get(reports, auth=auth)).json()["size"] == 0


async def test_annotations_are_told_one_by_one_told_anew_and_forgotten(api, auth, reports):
    report = (await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)).json()
    place = f"{reports}/scan/annotations"

    odd = {**FOUND, "title": "left alone"}
    made = await api.send_json("PUT", f"{place}/a%2F1", odd, auth=auth, beyond={"title"})
    least = {"type": "report_annotation", "annotation_type": "BUG", "summary": "s"}
    again = await api.send_json("PUT", f"{place}/a%2F1", least, auth=auth)

    told = made.json()
    assert {name: told[name] for name in FOUND} == FOUND
    assert (told["external_id"], "title" in told) == ("a/1", False)
    assert (again.json()["uuid"], again.json()["created_on"]) == (told["uuid"], told["created_on"])
    assert set(again.json()) == {
        *("type", "uuid", "external_id", "annotation_type", "summary", "created_on", "updated_on"),
    }
    by_uuids = f"{reports}/%7B{report['uuid'][1:-1]}%7D/annotations/%7B{told['uuid'][1:-1]}%7D"
    assert (await api.get(by_uuids, auth=auth)).json() == again.json()
    renamed = await api.send_json("PUT", by_uuids, {**least, "external_id": "other"}, auth=auth)
    assert (renamed.status, renamed.json()["external_id"]) == (200, "a/1")
    nowhere = f"{place}/%7B{uuid.uuid4()}%7D"
    assert (await api.send_json("PUT", nowhere, least, auth=auth)).status == 404
    assert (await api.request("DELETE", by_uuids, auth=auth)).status == 204
    assert (await api.get(f"{place}/a%2F1", auth=auth)).status == 404
    assert (await api.request("DELETE", by_uuids, auth=auth)).status == 404
    assert (await api.send_json("PUT", f"{reports}/none/annotations/1", least, auth=auth)).status == 404


async def test_annotations_come_in_bulk_and_stay_in_their_order(api, auth, reports):
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)
    place = f"{reports}/scan/annotations"
    # As the vendor's example has them: without a type.
    told = [
        {"external_id": f"a-{number}", "annotation_type": "BUG", "summary": "s", "line": number + 1}
        for number in range(100)
    ]
    made = await api.send_json("POST", place, list(reversed(told)), auth=auth)
    again = await api.send_json(
        "POST", place, [{**told[7], "severity": "LOW"}, {**told[1], "external_id": "new"}], auth=auth
    )

    assert (made.status, again.status) == (200, 200)
    assert [one["external_id"] for one in made.json()] == [one["external_id"] for one in reversed(told)]
    assert again.json()[0]["uuid"] == made.json()[92]["uuid"]
    listed = await api.everything(f"{place}?pagelen=30", auth=auth)
    assert [one["line"] for one in listed] == [*range(100, 0, -1), 2]

    async def asked(query):
        values = (await api.get(f"{place}?{query}", auth=auth)).json()["values"]
        return [one["external_id"] for one in values]

    assert await asked('q=severity="LOW"') == ["a-7"]
    assert await asked("q=line<3&sort=line") == ["a-0", "a-1", "new"]
    assert await asked("q=line=10.5") == []
    assert await asked('q=external_id="new"+OR+line=100&sort=-line') == ["a-99", "new"]
    assert await asked("q=path!=null") == []


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"type": "report"}, "type"),
        ({"external_id": None}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": 7}, "external_id"),
        ({"annotation_type": None}, "annotation_type"),
        ({"annotation_type": "SMELL"}, "annotation_type"),
        ({"summary": None}, "summary"),
        ({"summary": LONG}, "summary"),
        ({"details": LONG}, "details"),
        ({"details": "a\0b"}, "details"),
        ({"path": "../../etc/passwd"}, "path"),
        ({"path": "a\nb"}, "path"),
        ({"path": LONG * 2}, "path"),
        ({"line": 0}, "line"),
        ({"line": -1}, "line"),
        ({"line": 2**31}, "line"),
        ({"line": 2**70}, "line"),
        ({"line": "1"}, "line"),
        ({"line": 1.5}, "line"),
        ({"result": "PENDING"}, "result"),
        ({"severity": "WORST"}, "severity"),
        ({"link": "ftp://x"}, "link"),
    ],
)
async def test_which_annotation_is_wrong_in_what_is_named(api, auth, reports, changes, member):
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)
    place = f"{reports}/scan/annotations"
    wrong = {**FOUND, "external_id": "b", **changes}
    wrong = {name: value for name, value in wrong.items() if value is not None}

    answer = await api.send_json("POST", place, [{**FOUND, "external_id": "a"}, wrong], auth=auth)

    assert (answer.status, list(answer.json()["error"]["fields"])) == (400, [f"1.{member}"])
    if member != "external_id":
        one = await api.send_json("PUT", f"{place}/b", wrong, auth=auth)
        assert (one.status, list(one.json()["error"]["fields"])) == (400, [member])
    # All or nothing.
    assert (await api.get(place, auth=auth)).json()["size"] == 0


async def test_a_single_annotation_says_what_it_is(api, auth, reports):
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)
    told = {name: value for name, value in FOUND.items() if name != "type"}

    answer = await api.send_json("PUT", f"{reports}/scan/annotations/a", told, auth=auth)

    assert (answer.status, list(answer.json()["error"]["fields"])) == (400, ["type"])


async def test_a_list_of_annotations_has_its_limits(api, auth, reports):
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)
    place = f"{reports}/scan/annotations"

    def some(first, number):
        return [{**FOUND, "external_id": f"a-{first + one}"} for one in range(number)]

    for wrong in ([], some(0, 101), {}, [1], "x", None, [*some(0, 1), *some(0, 1)]):
        assert (await api.send_json("POST", place, wrong, auth=auth)).status == 400, wrong
    # A UUID is ours to give.
    for strange in (f"{{{uuid.uuid4()}}}", "{x}", "a\tb", " ", LONG):
        answer = await api.send_json("POST", place, [{**FOUND, "external_id": strange}], auth=auth)
        assert (answer.status, list(answer.json()["error"]["fields"])) == (400, ["0.external_id"])
    assert (await api.get(place, auth=auth)).json()["size"] == 0
    for first in range(0, 1000, 100):
        assert (await api.send_json("POST", place, some(first, 100), auth=auth)).status == 200
    full = await api.send_json("POST", place, some(950, 51), auth=auth)
    one_more = await api.send_json("PUT", f"{place}/more", FOUND, auth=auth)
    over = await api.send_json("POST", place, some(900, 100), auth=auth)
    assert (full.status, one_more.status, over.status) == (400, 400, 200)
    assert "1000" in full.message
    assert (await api.get(place, auth=auth)).json()["size"] == 1000


async def test_a_commit_has_at_most_500_reports(api, auth, reports):
    for number in range(500):
        assert (await api.send_json("PUT", f"{reports}/{number}", LEAST, auth=auth)).status == 200
    last = await api.send_json("PUT", f"{reports}/one-more", LEAST, auth=auth)
    over = await api.send_json("PUT", f"{reports}/7", LEAST, auth=auth)

    assert (last.status, over.status) == (400, 200)


async def test_programs_that_tell_the_same_at_once_make_one_report(api, auth, reports):
    answers = await asyncio.gather(
        *[
            api.send_json("PUT", f"{reports}/scan", {**LEAST, "title": f"{number}"}, auth=auth)
            for number in range(8)
        ]
    )

    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    assert (await api.get(reports, auth=auth)).json()["size"] == 1


async def test_reports_go_with_their_repository(api, auth, server, reports, tmp_path):
    await api.send_json("PUT", f"{reports}/scan", LEAST, auth=auth)
    await api.send_json("POST", f"{reports}/scan/annotations", [{**FOUND, "external_id": "a"}], auth=auth)

    assert (await api.request("DELETE", CODE, auth=auth)).status == 204
    again = GitRepository(tmp_path / "again")
    tip = again.commit("first")
    await server.adopted("ada", "code", again)

    assert (await api.get(f"{CODE}/commit/{tip}/reports", auth=auth)).json()["size"] == 0


async def test_whoever_may_only_read_tells_nothing(api, server, ada, auth, git):
    tip = git.commit("first")
    code = await server.adopted("ada", "code", git)
    grace = await server.user("grace")
    await server.grant(code, grace, "read")
    reader = await server.auth(grace, "repository")
    scan = f"{CODE}/commit/{tip}/reports/scan"
    await api.send_json("PUT", scan, LEAST, auth=auth)

    seen = await api.get(scan, auth=reader)
    told = await api.send_json("PUT", scan, {**LEAST, "title": "mine"}, auth=reader)
    forgotten = await api.request("DELETE", scan, auth=reader)

    assert (seen.status, told.status, forgotten.status) == (200, 403, 403)
    assert (await api.get(scan, auth=auth)).json()["title"] == "t"
