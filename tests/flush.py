"""Empties the database after a test that commits: in a few milliseconds, where Django takes half a second.

Django truncates every table, which is a file each, and makes content types and permissions anew. Here a table that
holds rows is emptied by DELETE, a large one by TRUNCATE, and what migrations made of models stays.
"""

from django.db import connection, transaction

from tests.stand_ins import wait_for_stand_ins

# Made by migrations from models, and changed by no test.
STAYING = {"django_content_type", "auth_permission", "django_migrations"}
LARGE = 1_000_000  # bytes, from which on TRUNCATE is faster
SIZES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE oid = ANY (SELECT to_regclass(quote_ident(name)) FROM unnest(%s::text[]) AS name) AND pg_relation_size(oid) > 0
"""


def empty_tables() -> None:
    """Delete all rows but those that stay, whatever foreign keys say, once nobody writes any more."""
    wait_for_stand_ins()
    with transaction.atomic(), connection.cursor() as cursor:
        sizes = names_with_rows()
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in (name for name, size in sizes.items() if size <= LARGE):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
        large = [connection.ops.quote_name(name) for name, size in sizes.items() if size > LARGE]
        if large:
            cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")


def names_with_rows() -> dict[str, int]:
    """The tables that hold rows, or did until a moment ago, with their sizes; none of those that stay."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.django_table_names(include_views=False))
        cursor.execute(SIZES, [sorted(names - STAYING)])
        return dict(cursor.fetchall())
