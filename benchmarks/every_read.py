"""Every operation that reads, on a server with 100 repositories of other people and on one with 100,000.

Ten app passwords for each of these repositories, one user for ten of them. No answer may cost more
because others have more. What the API answers is all the same here: a 404 has to be cheap too.
The five whose ratio is worst are shown; what grows by less than a tenth of a millisecond does
not count, or noise would.
"""

import random
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import histories
import rest
from measure import arguments, interleaved, milliseconds, table, verdict

from bitpail.api.routes import ROUTES

_ROUNDS = 5
_REPEATED = 20
_SHOWN = 5
_NOISE = 0.1
_PARAMETER = re.compile(r"\{(\w+)[.?]*\}")


def main() -> None:
    size = rest.FULL if arguments(__doc__ or "") else rest.QUICK
    with ExitStack() as stack:
        path = size.monorepo()
        few, many = [rest.serving(stack, path, others, size.listed) for others in size.others]
        works = {}
        for template, address in _addresses(path, few):
            works[template, "few"] = _work(few, address)
            works[template, "many"] = _work(many, address)
        for work in works.values():
            work()
        cost = interleaved(works, _ROUNDS)
    templates = sorted({template for template, _ in cost}, key=lambda one: -_ratio(cost, one))
    rows = [
        [
            one.replace("/2.0/repositories/{workspace}/{repo_slug}", "..."),
            milliseconds(cost[one, "few"]),
            milliseconds(cost[one, "many"]),
            f"x{_ratio(cost, one):.2f}",
            verdict(_ratio(cost, one), rest.FLAT),
        ]
        for one in templates[:_SHOWN]
    ]
    small, large = size.others
    head = ["the worst", f"{small:,} others", f"{large:,} others", "ratio", f"goal x{rest.FLAT}"]
    table(f"All {len(templates)} operations that read, others' repositories", head, rows)


def _ratio(cost: dict[tuple[str, str], float], template: str) -> float:
    few, many = cost[template, "few"], cost[template, "many"]
    return many / few if abs(many - few) > _NOISE else 1.0


def _addresses(path: Path, server: rest.Server) -> list[tuple[str, str]]:
    """Each template of a GET, and an address with something that is there in each place, or nothing at all."""
    git = f"--git-dir={path}"
    commits = histories.git(git, "rev-list", "--max-count=200", "main").decode().split()
    one, other = random.Random(9).sample(commits, 2)
    values = {
        "workspace": "ada",
        "repo_slug": "mono",
        "project_key": "PROJ",
        "commit": one,
        "revision": "main",
        "spec": one,
        "revspec": f"{one}..{other}",
        "name": "main",
        "path": "assets/icons/icon-1.svg",
        **dict.fromkeys(("selected_user", "member", "target_username"), server.person),
    }
    found = []
    for route in ROUTES:
        if route.method == "GET":
            address = _PARAMETER.sub(lambda match: quote(values.get(match[1], "1")), route.template)
            found.append((route.template, address))
    return found


def _work(server: rest.Server, address: str) -> Callable[[], float]:
    request = server.client.prepared("GET", address, server.authorization)

    def send() -> None:
        for _ in range(_REPEATED):
            server.client.status(request)

    return lambda: server.meter.of(send) / _REPEATED


if __name__ == "__main__":
    main()
