"""Where repositories are deployed to, in the API's words."""

from typing import Any

from bitpail.model.environments import RANKS, Environment
from bitpail.wire.text import clean

_OPEN = {"type": "deployment_environment_lock_open", "name": "OPEN"}


def environment(one: Environment) -> dict[str, Any]:
    """One environment. Nothing locks it: no pipeline deploys."""
    detail = one.detail
    kind = detail.environment_type
    return {
        "type": "deployment_environment",
        "uuid": f"{{{one.id}}}",
        "name": clean(one.name),
        "slug": one.slug,
        "environment_type": {"type": "deployment_environment_type", "name": kind.value, "rank": RANKS[kind]},
        "category": {"name": kind.value},
        "rank": detail.rank,
        "hidden": detail.hidden,
        "deployment_gate_enabled": detail.deployment_gate_enabled,
        "environment_lock_enabled": detail.environment_lock_enabled,
        "lock": _OPEN,
        "restrictions": {
            "type": "deployment_restrictions_configuration",
            "admin_only": detail.admin_only,
        },
    }
