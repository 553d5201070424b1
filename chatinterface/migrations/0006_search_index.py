from typing import Any

from django.db import migrations

# Each passage's row is in the index beside it. The words are cut already: what is not ASCII is a letter, and a space
# ends a word. Positions are not kept, as nothing asks for them.
FTS5 = [
    """
    CREATE VIRTUAL TABLE chatinterface_search USING fts5(
        terms, content='chatinterface_passage', content_rowid='id', tokenize='ascii', detail=none, columnsize=0, prefix='2 3 4 5'
    )
    """,
    """
    CREATE TRIGGER chatinterface_passage_added AFTER INSERT ON chatinterface_passage BEGIN
        INSERT INTO chatinterface_search(rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER chatinterface_passage_removed AFTER DELETE ON chatinterface_passage BEGIN
        INSERT INTO chatinterface_search(chatinterface_search, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    """
    CREATE TRIGGER chatinterface_passage_changed AFTER UPDATE ON chatinterface_passage BEGIN
        INSERT INTO chatinterface_search(chatinterface_search, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO chatinterface_search(rowid, terms) VALUES (new.id, new.terms);
    END
    """,
]

POSTGRESQL = [
    """
    ALTER TABLE chatinterface_passage ADD COLUMN vector tsvector
    GENERATED ALWAYS AS (array_to_tsvector(string_to_array(terms, ' '))) STORED
    """,
    "CREATE INDEX chatinterface_passage_vector ON chatinterface_passage USING gin (vector)",
]


def make(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        statements = POSTGRESQL
    elif connection.vendor == "sqlite" and has_fts5(connection):
        statements = FTS5
    else:
        statements = []
    for statement in statements:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE chatinterface_passage DROP COLUMN IF EXISTS vector")
    elif schema_editor.connection.vendor == "sqlite":
        for name in ("added", "removed", "changed"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS chatinterface_passage_{name}")
        schema_editor.execute("DROP TABLE IF EXISTS chatinterface_search")


def has_fts5(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
        return cursor.fetchone() is not None


class Migration(migrations.Migration):

    dependencies = [
        ('chatinterface', '0005_saved'),
    ]

    operations = [
        migrations.RunPython(make, drop),
    ]
