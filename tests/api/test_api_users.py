import pytest
from support.asgi import HOST

from bitpail.services import users

pytestmark = pytest.mark.anyio


async def test_who_asks_is_told_who_they_are(server, api, ada):
    auth = await server.auth(ada, "account")

    me = (await api.get("/2.0/user", auth=auth)).json()

    assert (me["type"], me["username"], me["uuid"]) == ("user", "ada", f"{{{ada.id}}}")
    assert me["account_id"] == ada.account_id
    assert me["links"]["self"]["href"] == f"https://{HOST}/2.0/users/%7B{ada.id}%7D"


async def test_the_username_is_taken_in_any_case(server, api, ada):
    _, secret = await server.auth(ada, "account")

    assert (await api.get("/2.0/user", auth=("ADA", secret))).status == 200


@pytest.mark.parametrize("name", ["ada@example.com", "number 1", "eve", "", "ad"])
async def test_no_other_name_goes_with_the_secret(server, api, ada, name):
    await server.user("eve")
    _, secret = await server.auth(ada, "account")

    answer = await api.get("/2.0/user", auth=(name, secret))

    assert answer.status == 401
    assert answer.message == "Invalid credentials."


async def test_one_s_addresses(server, api, ada):
    auth = await server.auth(ada, "email")

    page = (await api.get("/2.0/user/emails", auth=auth)).json()

    assert [(one["email"], one["is_primary"], one["is_confirmed"]) for one in page["values"]] == [
        ("ada@example.com", True, True)
    ]
    assert (page["size"], page["page"], page["pagelen"]) == (1, 1, 10)


async def test_addresses_are_nobody_else_s_business(server, api, ada):
    answer = await api.get("/2.0/user/emails")

    assert answer.status == 401
    assert "ada@example.com" not in answer.text


async def test_a_person_is_found_by_account_id_and_by_uuid_in_any_case(api, ada):
    for name in (ada.account_id, f"%7B{ada.id}%7D", f"{{{ada.id}}}", f"%7B{ada.id.upper()}%7D"):
        answer = await api.get(f"/2.0/users/{name}")

        assert answer.status == 200, answer
        assert answer.json()["uuid"] == f"{{{ada.id}}}"


async def test_a_public_profile_tells_neither_username_nor_address(api, ada):
    answer = await api.get(f"/2.0/users/{ada.account_id}")

    assert "username" not in answer.json()
    assert "ada@example.com" not in answer.text


@pytest.mark.parametrize("name", ["ada", "ADA", "nobody", "%7B%7D", "%7Bada%7D"])
async def test_a_person_is_not_found_by_username(api, ada, name):
    answer = await api.get(f"/2.0/users/{name}")

    assert answer.status == 404
    assert answer.message.endswith("does not exist")


async def test_a_person_whose_account_is_off_gets_no_answer(server, api, ada):
    auth = await server.auth(ada, "account")
    await users.set_active(server.site, "ada", active=False)

    assert (await api.get("/2.0/user", auth=auth)).status == 401
    assert (await api.get(f"/2.0/users/{ada.account_id}", auth=auth)).status == 401


async def test_one_of_one_s_addresses_by_itself(server, api, ada):
    auth = await server.auth(ada, "email")
    listed = (await api.get("/2.0/user/emails", auth=auth)).json()["values"]

    for name in ("ada@example.com", "ada%40example.com", "ADA@EXAMPLE.COM"):
        assert (await api.get(f"/2.0/user/emails/{name}", auth=auth)).json() == listed[0]


@pytest.mark.parametrize("name", ["eve@example.com", "nobody", "%40", "x" * 3000, "..%2F", "-a@example.com"])
async def test_an_address_of_nobody_or_of_somebody_else_is_not_there(server, api, ada, name):
    await server.user("eve")

    answer = await api.get(f"/2.0/user/emails/{name}", auth=await server.auth(ada, "email"))

    assert answer.status == 404
