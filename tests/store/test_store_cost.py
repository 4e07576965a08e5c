"""A look-up costs the same in a large database: each one goes by an index."""

import re
import sqlite3

import asyncpg
import pytest
from support.postgresql import in_thread

from bitpail.store import (
    access_keys,
    annotations,
    app_passwords,
    approvals,
    audit,
    avatars,
    branch_restrictions,
    build_statuses,
    commit_comments,
    default_reviewers,
    deployments,
    downloads,
    emails,
    environments,
    forks,
    git_logins,
    gpg_keys,
    grants,
    groups,
    imports,
    lfs_locks,
    members,
    moved,
    notices,
    oauth_consumers,
    oauth_device_codes,
    oauth_grants,
    one_time_links,
    override_settings,
    projects,
    properties,
    reports,
    repositories,
    repository_permissions,
    robots,
    sqlite,
    ssh_keys,
    trust_rules,
    upkeep,
    users,
    watchers,
    workspaces,
)
from bitpail.wire.query import parse
from bitpail.wire.query_kinds import Asked

_SORTED = [Asked(), Asked(None, "-updated_on"), Asked(parse('name ~ "x" AND project.key = "P"'), "full_name")]
_PERMISSIONS = [Asked(), Asked(parse('permission > "read"'), "-permission"), Asked(None, "repository.name")]
STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module, names in (
        (
            users,
            "_by_username _by_id _by_ids _by_account_id _emails_of _by_emails _set_password_digest _set_admin _update",
        ),
        (
            workspaces,
            "_by_slug _by_id _of_user _members_of _membership _remove_member _visible _owners _creates",
        ),
        (
            projects,
            "_by_key _by_id _of_workspace _oldest _revoke _located_by_slug _located_by_id _grants_on _visible",
        ),
        (repositories, "_by_slugs _by_slug_and_id _by_id_and_slug _by_ids _by_id _visible _count_visible"),
        (repositories, "_visible_in_project _to_be_searched"),
        (repositories, "_by_directory _update _note_push _set_size _delete _revoke"),
        (ssh_keys, "_of_user _by_fingerprint _change _remove _touch"),
        (gpg_keys, "_of_user _count _one _remove"),
        (access_keys, "_of_repository _of_project _exists _standing _remove _touch"),
        (avatars, "_of_user _remove"),
        (robots, "_by_ids"),
        (
            oauth_consumers,
            "_by_key _by_id _by_lookup _without_lookup _of_workspace _change _set_secret _set_lookup _end_secret _remove",
        ),
        (
            oauth_grants,
            "_consent _remove_consent _connected _prolong _revoke_grant _revoke_of_user _revoke_own",
        ),
        (
            oauth_grants,
            "_code _use_code _remove_codes _remove_devices _token _use_refresh _remove_token _touch",
        ),
        (oauth_grants, "_expired_codes _ended_grants _expired_tokens _expired_devices _expired_assertions"),
        (oauth_device_codes, "_by_lookup _by_user_code _polled _decide _use"),
        (watchers, "_remove _part_of _count"),
        (moved, "_find _by_old_name"),
        (imports, "_one _recent _note _finish _lost _forget"),
        (projects, "_creating"),
        (downloads, "_hold _one _by_file _files _used _remove _count_fetch _part_of _count"),
        (forks, "_parents _restricting"),
        (workspaces, "_personal_of _update"),
        (lfs_locks, "_by_path _by_id _page _remove"),
        (repositories, "_hold _move _revoke_groups"),
        (build_statuses, "_of_commit _states _one"),
        (reports, "_by_id _by_external_id _page _count _remove"),
        (users, "_hold"),
        (commit_comments, "_one _page _count _count_all _last _set_content _answer _depth"),
        (approvals, "_remove _approved_on _participants"),
        (properties, "_of_repository _of_user _count_of_repository _count_of_user _remove"),
        (environments, "_by_id _by_slug _page _count _update _remove"),
        (deployments, "_by_id _page _count _count_all"),
        (annotations, "_by_id _by_external_ids _page _count _remove"),
        (branch_restrictions, "_of_repository _of_pushes _one _last _update _remove _sweep"),
        (groups, "_by_slug _by_ids _those_with"),
        (default_reviewers, "_of_repository _of_project _remove_from_repository _remove_from_project"),
        (override_settings, "_both _of_project _of_several"),
        (emails, "_confirm _make_primary _remove"),
        (one_time_links, "_find _remove"),
        (audit, "_newest_of_user _last_of_two"),
        # By the key, from page to page: no index goes by expiry.
        (notices, "_end _last _due _release"),
        (app_passwords, "_by_lookup _of_user _unrevoked_of_user _by_label _revoke _touch"),
        (app_passwords, "_expiring _change _put_public_key _forget_ended"),
        (trust_rules, "_by_issuer _named _of_user _touch _uses_of _sweep"),
        (git_logins, "_by_digest _by_user_code _decide _remove _sweep"),
        (upkeep, "_begin _due _of _claim _renew _finish _release _forget _waiting"),
    )
    for name in names.split()
}
STATEMENTS |= {
    f"{name} {half} {number}": statement
    for name, listing, queries in (
        ("repositories.chosen", repositories._chosen, _SORTED),
        ("repositories.of_user", repositories._mine, _SORTED),
        ("repositories.public", repositories._public, _SORTED),
        ("repositories.forks", repositories._forks_chosen, _SORTED),
        ("repositories.walk", repositories._walked, [Asked(), Asked(parse('name ~ "x"'))]),
        ("repository_permissions.of_user", repository_permissions._of_user, _PERMISSIONS),
        ("repository_permissions.of_user_in", repository_permissions._of_user_in, _PERMISSIONS),
        ("repository_permissions.of_repository", repository_permissions._of_repository, _PERMISSIONS),
        ("repository_permissions.of_workspace", repository_permissions._of_workspace, _PERMISSIONS),
        ("members.page", members._members_of, [Asked(), Asked(parse('permission > "member"'), "user.uuid")]),
    )
    for number, asked in enumerate(queries)
    for half, statement in zip(("rows", "number"), listing.statements(asked)[:2], strict=True)
    if half == "rows" or name not in {"repositories.walk", "repository_permissions.of_workspace"}
}
STATEMENTS |= {f"app_passwords.of {kind}": one for kind, one in app_passwords._of_place.items()}
STATEMENTS |= {
    f"grants.{of} of {on}.{name}": getattr(statements, name)
    for of, tables in (("users", grants._OF_USERS), ("groups", grants._OF_GROUPS))
    for on, statements in tables.items()
    for name in ("page", "count", "one", "delete")
}
# Of lists that are handed over, of the parents that a query walks, and of what was found by an index just before:
# a page, what a query has left.
_FUNCTION = re.compile(
    r"SCAN (wanted|uses) VIRTUAL TABLE|SCAN CONSTANT ROW|SCAN (said|people|above|line|page|chosen|\(subquery-\d+\))$"
)


@pytest.mark.parametrize("name", STATEMENTS)
def test_sqlite_searches_by_index(sqlite_settings, name):
    sql, _ = sqlite._statements.get(STATEMENTS[name])
    connection = sqlite3.connect(sqlite.path_of(sqlite_settings))
    connection.create_function("casefold", 1, str.casefold, deterministic=True)

    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))]
    connection.close()

    assert any("SEARCH" in line for line in plan)
    assert [line for line in plan if "SCAN" in line and not _FUNCTION.match(line)] == []


def test_postgresql_has_an_index_for_each(postgresql_settings):
    from bitpail.store import postgresql

    async def explain():
        connection = await asyncpg.connect(postgresql_settings.database)
        # Empty tables are scanned whatever indexes they have, unless that is made dear.
        await connection.execute("SET enable_seqscan = off")
        for name, statement in STATEMENTS.items():
            sql, _ = postgresql._statements.get(statement)
            number = len(set(re.findall(r"\$\d+", sql)))
            plan = [row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *[None] * number)]
            plans[name] = "\n".join(plan)
        await connection.close()

    plans = {}
    in_thread(explain)

    assert {name: plan for name, plan in plans.items() if "Seq Scan" in plan} == {}
    assert len(plans) == len(STATEMENTS)


def test_the_statements_of_one_dialect_are_compiled_once():
    first = sqlite._statements.get(users._by_id)

    assert sqlite._statements.get(users._by_id) is first
