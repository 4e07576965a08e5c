"""Every operation with its address and its need: the table of each resource, gathered.

A new resource is one more name in ``_RESOURCES``. What the contract has and no
resource serves answers 501.
"""

from types import ModuleType

from bitpail.api import commits, diffs, refs, repositories, source, users, workspaces

_RESOURCES: list[ModuleType] = [users, workspaces, repositories, commits, diffs, source, refs]

ROUTES = [route for resource in _RESOURCES for route in resource.ROUTES]
