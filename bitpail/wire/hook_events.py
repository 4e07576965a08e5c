"""What webhooks can be told of: the events of the contract, each with a label and a sentence of our own."""

from typing import Any

from bitpail.wire.links import Links

SUBJECTS = ("repository", "workspace")

# By what an event's name begins with.
_CATEGORIES = {
    "repo": "Repository",
    "issue": "Issue",
    "pullrequest": "Pull request",
    "project": "Project",
    "pipeline": "Pipeline",
}
_EVENTS = {
    "repo:push": ("Push", "Branches or tags were pushed, made or deleted"),
    "repo:fork": ("Fork", "Somebody made a fork of the repository"),
    "repo:updated": ("Updated", "The name, description or another property of the repository changed"),
    "repo:created": ("Created", "A repository was made"),
    "repo:deleted": ("Deleted", "A repository was deleted"),
    "repo:imported": ("Imported", "A repository was filled from elsewhere"),
    "repo:transfer": ("Transfer accepted", "The repository went to another workspace"),
    "repo:commit_comment_created": ("Commit comment created", "Somebody commented on a commit"),
    "repo:commit_status_created": ("Build status created", "A build reported on a commit for the first time"),
    "repo:commit_status_updated": ("Build status updated", "A build reported on a commit again"),
    "issue:created": ("Created", "An issue was opened"),
    "issue:updated": ("Updated", "A member of an issue changed"),
    "issue:comment_created": ("Comment created", "Somebody commented on an issue"),
    "pullrequest:created": ("Created", "A pull request was opened"),
    "pullrequest:updated": ("Updated", "The title, description, reviewers or destination changed"),
    "pullrequest:push": ("Source pushed", "The source branch of a pull request got new commits"),
    "pullrequest:approved": ("Approved", "Somebody approved a pull request"),
    "pullrequest:unapproved": ("Approval removed", "Somebody took an approval back"),
    "pullrequest:changes_request_created": ("Changes requested", "Somebody asked for changes"),
    "pullrequest:changes_request_removed": (
        "Changes request removed",
        "Somebody took back a wish for changes",
    ),
    "pullrequest:fulfilled": ("Merged", "A pull request was merged"),
    "pullrequest:rejected": ("Declined", "A pull request was declined"),
    "pullrequest:comment_created": ("Comment created", "Somebody commented on a pull request"),
    "pullrequest:comment_updated": ("Comment updated", "A comment on a pull request was changed"),
    "pullrequest:comment_deleted": ("Comment deleted", "A comment on a pull request was deleted"),
    "pullrequest:comment_resolved": ("Comment resolved", "A thread on a pull request was resolved"),
    "pullrequest:comment_reopened": ("Comment reopened", "A resolved thread was opened again"),
    "project:updated": ("Updated", "The name, key or another property of a project changed"),
    "pipeline:span_created": ("Span created", "A pipeline, or a step of one, has been measured"),
}
# A project holds repositories and not the other way round.
_NOT_OF = {"repository": frozenset({"project:updated", "repo:created"})}


def subjects(links: Links) -> dict[str, Any]:
    """What webhooks can be put on, each with the address of its events."""
    return {subject: {"events": links.hook_events(subject)} for subject in SUBJECTS}


def of_subject(subject: str) -> list[dict[str, Any]]:
    """The events of a subject."""
    return [
        {
            "event": event,
            "category": _CATEGORIES[event.partition(":")[0]],
            "label": label,
            "description": description,
        }
        for event, (label, description) in _EVENTS.items()
        if event not in _NOT_OF.get(subject, ())
    ]
