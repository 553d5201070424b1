"""Queries whose SQL is made once.

For one that is asked with each message: to make its SQL takes several times as long as to ask by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError


class Parameter(Expression):
    """A value of a prepared query that is given each time that it is asked, by this name."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """Itself in the place of its value."""
        return "%s", (self,)

    def bound(self, given: Mapping[str, Any], connection: BaseDatabaseWrapper) -> Any:
        """Its value, as the database takes it."""
        return self.output_field.get_db_prep_value(given[self.name], connection)


class Statement(NamedTuple):
    """The SQL of a query, with what stands for its parameters, and the columns that it finds."""

    sql: str
    params: tuple[Any, ...]
    columns: list[Any]


class Prepared:
    """A ``values_list()`` with parameters."""

    def __init__(self, query: QuerySet[Any, tuple[Any, ...]]) -> None:
        self._query = query
        # By the alias of the database; None where there is nothing to be asked, as nothing can be found.
        self._made: dict[str, Statement | None] = {}
        # Making its SQL changes the query for a while.
        self._making = Lock()

    def rows(self, using: str, /, **given: Any) -> list[tuple[Any, ...]]:
        """The rows that it finds in a database with these values for its parameters.

        Raises TransactionManagementError where it is to lock them outside of a transaction.
        """
        connection, query = connections[using], self._query.query
        if query.select_for_update and connection.get_autocommit():
            # Django says so when it makes the SQL, and only then.
            raise TransactionManagementError("What is locked has to be locked in a transaction.")
        made = self._statement(connection)
        if made is None:
            return []
        params = [each.bound(given, connection) if isinstance(each, Parameter) else each for each in made.params]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, params)
            found = cursor.fetchall()
        compiler = query.get_compiler(connection=connection)
        return [tuple(row) for row in compiler.apply_converters(found, compiler.get_converters(made.columns))]

    def _statement(self, connection: BaseDatabaseWrapper) -> Statement | None:
        if connection.alias not in self._made:
            with self._making:
                self._made[connection.alias] = _made(self._query, connection)
        return self._made[connection.alias]


def _made(query: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> Statement | None:
    compiler = query.all().query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    return Statement(sql, tuple(params), [column for column, *_rest in compiler.select])
