"""Robots: who access tokens act as. People know one by its token and the place where that was made."""

from msgspec import Struct

from bitpail.model.credentials import CredentialKind


class Robot(Struct, frozen=True):
    """``place`` is a repository's full name, ``workspace/KEY`` or a workspace's slug, as it is called now."""

    kind: CredentialKind
    label: str
    place: str
