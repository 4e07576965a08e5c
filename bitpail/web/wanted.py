"""The create form, filled in: by a link, or by whoever sends it. What is filled in comes back as it was."""

import re
import time

from msgspec import Struct
from starlette.datastructures import ImmutableMultiDict

from bitpail.model.scopes import NAMED, AnyScope
from bitpail.policy import durations
from bitpail.policy.presets import PRESETS, Preset
from bitpail.services.app_passwords import Wanted

LIFETIMES = (
    ("", "never"),
    ("7d", "after 7 days"),
    ("30d", "after 30 days"),
    ("90d", "after 90 days"),
    ("1y", "after a year"),
)
GRACES = (("1h", "an hour"), ("1d", "a day"), ("7d", "7 days"), ("30d", "30 days"), ("0s", "not at all"))
"""For how long the old secret of a rotation may go on working."""

_LONGEST = 4000


class Filled(Struct, frozen=True):
    """The fields. Those of several values have one a line; ``unknown`` are permissions there are none of.

    The permissions of ``preset`` are among ``scopes``.
    """

    label: str
    preset: Preset | None
    scopes: list[AnyScope]
    unknown: list[str]
    lifetime: str
    until: str
    repositories: str
    projects: str
    workspaces: str
    networks: str
    branches: str
    no_force: bool
    no_delete: bool

    @property
    def is_limited(self) -> bool:
        """Whether any limit is filled in: then the form shows them."""
        places = self.repositories or self.projects or self.workspaces
        return bool(
            self.lifetime
            or self.until
            or places
            or self.networks
            or self.branches
            or self.no_force
            or self.no_delete
        )

    def wanted(self) -> Wanted:
        """What the service makes of it; raises Invalid."""
        lifetime = None
        if self.until:
            lifetime = durations.seconds_until(self.until, time.time())
        elif self.lifetime:
            lifetime = durations.seconds(self.lifetime)
        return Wanted(
            label=self.label,
            permissions=(*(scope.value for scope in self.scopes), *self.unknown),
            lifetime=lifetime,
            repositories=_lines(self.repositories),
            projects=_lines(self.projects),
            workspaces=_lines(self.workspaces),
            networks=_lines(self.networks),
            branches=_lines(self.branches),
            no_force=self.no_force,
            no_delete=self.no_delete,
        )


def filled(fields: ImmutableMultiDict[str, str]) -> Filled:
    """The form from a query or from what was sent: ``scopes=a,b`` and ``scopes=a&scopes=b`` are the same.

    ``preset=NAME`` adds its permissions, and its title where there is no label.
    """
    preset = PRESETS.get(fields.get("preset", ""))
    names = [name for text in fields.getlist("scopes") for name in _lines(text)]
    names += [scope.value for scope in preset.permissions] if preset else []

    def text(name: str) -> str:
        return "\n".join(fields.getlist(name))[:_LONGEST].strip()

    return Filled(
        label=fields.get("label", preset.title if preset else "").strip(),
        preset=preset,
        scopes=[NAMED[name] for name in names if name in NAMED],
        unknown=[name[:100] for name in names if name not in NAMED],
        lifetime=fields.get("expires", "") if fields.get("expires") in dict(LIFETIMES) else "",
        until=fields.get("until", "")[:40].strip(),
        repositories=text("repositories"),
        projects=text("projects"),
        workspaces=text("workspaces"),
        networks=text("networks"),
        branches=text("branches"),
        no_force="no_force" in fields,
        no_delete="no_delete" in fields,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text) if part)
