"""Last uses of credentials of any kind, gathered by a worker and written down in one statement.

Workers write when they come to it: what was used later stays, whoever writes last.
"""

from sqlalchemy import BigInteger, Table, Text, Update, bindparam, cast, column, or_, update

from bitpail.store.statements import json_field, object_rows

_uses = object_rows(bindparam("uses", type_=Text)).table_valued(column("value", Text), name="uses")


def touch(table: Table, key: str = "id") -> Update:
    """Notes the uses of rows in three columns. ``uses`` is JSON: objects with ``key``, time, address and client."""
    use = _uses.c.value
    used_on = cast(json_field(use, "time"), BigInteger)
    return (
        update(table)
        .where(table.c[key] == json_field(use, key))
        .where(or_(table.c.last_used_on.is_(None), table.c.last_used_on < used_on))
        .values(
            last_used_on=used_on,
            last_used_address=json_field(use, "address"),
            last_used_client=json_field(use, "client"),
        )
    )
