"""What was deployed, in the API's words: a state of a type of its own, and what is not known is absent."""

from typing import Any

from bitpail.model.access import Access
from bitpail.model.deployments import Deployment, DeploymentState
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def deployment(links: Links, access: Access, one: Deployment) -> dict[str, Any]:
    """One deployment."""
    return {
        "type": "deployment",
        "uuid": f"{{{one.id}}}",
        "state": _state(links, one),
        "environment": {
            "type": "deployment_environment",
            "uuid": f"{{{one.environment_id}}}",
            "name": clean(one.environment_name),
        },
        "release": _release(links, access, one),
        "created_on": instant(one.created_on),
        "last_update_time": instant(one.detail.changed_on),
    }


def _state(links: Links, one: Deployment) -> dict[str, Any]:
    detail = one.detail
    shown: dict[str, Any] = {"type": f"deployment_state_{detail.state.lower()}", "name": detail.state.value}
    if detail.state is DeploymentState.UNDEPLOYED:
        return shown
    if detail.url:
        shown["url"] = detail.url
    if one.deployer is not None:
        shown["deployer"] = users.embedded(links, one.deployer)
    if detail.status is not None:
        kind = f"deployment_state_completed_status_{detail.status.lower()}"
        shown["status"] = {"type": kind, "name": detail.status.value}
    # The contract's names, and those that recorded clients look at.
    for at, names in (
        (detail.started_on, ("start_date", "started_on")),
        (detail.completed_on, ("completion_date", "completed_on")),
    ):
        if at is not None:
            shown |= dict.fromkeys(names, instant(at))
    return shown


def _release(links: Links, access: Access, one: Deployment) -> dict[str, Any]:
    at = links.repository(access.workspace, access.repository)
    detail = one.detail
    shown = {
        "type": "deployment_release",
        "uuid": f"{{{detail.release}}}",
        "name": clean(detail.release_name),
        "commit": {
            "type": "commit",
            "hash": detail.commit,
            "links": {"self": at.commit(detail.commit), "html": at.commit_html(detail.commit)},
        },
        "created_on": instant(one.created_on),
    }
    if detail.release_url:
        shown["url"] = detail.release_url
    return shown
