"""Forks as tests of the API make them: what there is to fork, and what forks share on the disk."""

from bitpail.services import repositories, users

CODE = "/2.0/repositories/ada/code"
FORKS = f"{CODE}/forks"


async def filled(api, auth, slug="code", **more):
    """A repository of ours with one commit; its hash."""
    await api.send_json("POST", f"/2.0/repositories/ada/{slug}", more, auth=auth)
    return await committed(api, auth, f"/2.0/repositories/ada/{slug}", **{"a.txt": "first"})


async def committed(api, auth, path, **fields):
    made = await api.send_form("POST", f"{path}/src", fields, auth=auth)
    assert made.status == 201, made
    return made.headers["location"].rpartition("/")[2]


async def code_of_ada(server):
    return await located(server, "ada", "code")


async def located(server, workspace, slug):
    return (await repositories.named(server.site, workspace, slug)).repository


async def user_named(server, name):
    return await users.named(server.site, name)


def pool_files(server):
    return list(server.site.repositories.glob("*/*.pool.git"))
