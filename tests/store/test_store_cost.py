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
    emails,
    environments,
    forks,
    gpg_keys,
    groups,
    lfs_locks,
    moved,
    notices,
    one_time_links,
    override_settings,
    projects,
    properties,
    reports,
    repositories,
    sqlite,
    ssh_keys,
    upkeep,
    users,
    watchers,
    workspaces,
)

STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module, names in (
        (
            users,
            "_by_username _by_id _by_ids _by_account_id _emails_of _by_emails _set_password_digest _set_admin _update",
        ),
        (workspaces, "_by_slug _by_id _of_user _members_of _membership _remove_member _visible"),
        (projects, "_by_key _by_id _of_workspace _oldest _revoke _located_by_slug _located_by_id"),
        (repositories, "_by_slugs _by_slug_and_id _by_id_and_slug _by_ids _by_id _visible _count_visible"),
        (repositories, "_part_of_visible _count_chosen _visible_in_project _to_be_searched"),
        (repositories, "_by_directory _update _note_push _set_size _delete _revoke"),
        (ssh_keys, "_of_user _by_fingerprint _change _remove _touch"),
        (gpg_keys, "_of_user _count _one _remove"),
        (access_keys, "_of_repository _of_project _exists _standing _remove _touch"),
        (avatars, "_of_user _remove"),
        (watchers, "_remove _part_of _count"),
        (moved, "_find"),
        (forks, "_parents _restricting"),
        (repositories, "_part_of_forks _count_forks"),
        (workspaces, "_personal_of"),
        (lfs_locks, "_by_path _by_id _page _remove"),
        (repositories, "_hold"),
        (build_statuses, "_of_commit _one"),
        (reports, "_by_id _by_external_id _page _count _remove"),
        (users, "_hold"),
        (commit_comments, "_one _page _count _count_all _last _set_content _answer _depth"),
        (approvals, "_remove _approved_on _participants"),
        (properties, "_of_repository _of_user _count_of_repository _count_of_user _remove"),
        (environments, "_by_id _by_slug _page _count _update _remove"),
        (deployments, "_by_id _page _count _count_all"),
        (annotations, "_by_id _by_external_ids _page _count _remove"),
        (branch_restrictions, "_of_repository _of_pushes _one _update _remove"),
        (groups, "_by_slug _by_ids _those_with"),
        (default_reviewers, "_of_repository _of_project _remove_from_repository _remove_from_project"),
        (override_settings, "_both _of_project _of_several"),
        (emails, "_confirm _make_primary _remove"),
        (one_time_links, "_find _remove"),
        (audit, "_newest_of_user _last_of_two"),
        # By the key, from page to page: no index goes by expiry.
        (notices, "_end _last _due _release"),
        (app_passwords, "_by_lookup _of_user _unrevoked_of_user _by_label _revoke _touch"),
        (app_passwords, "_expiring _change"),
        (upkeep, "_begin _due _of _claim _renew _finish _release _forget _waiting"),
    )
    for name in names.split()
}
# Of lists that are handed over, of what was found by an index just before, and of the parents that a query walks.
_FUNCTION = re.compile(r"SCAN (wanted|uses) VIRTUAL TABLE|SCAN CONSTANT ROW|SCAN (said|people|above|line)$")


@pytest.mark.parametrize("name", STATEMENTS)
def test_sqlite_searches_by_index(sqlite_settings, name):
    sql, _ = sqlite._statements.get(STATEMENTS[name])
    connection = sqlite3.connect(sqlite.path_of(sqlite_settings))

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
