"""`python -m benchmarks.history`: a list of 100,000 conversations and search in a million messages, in milliseconds.

In the database of DATABASE_URL, which it fills where it is empty; a file of its own by default. With `--count` it
counts what the database does for each question instead, which is the same on every machine.
"""

import argparse
import itertools
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

CHAT = "notebook"
CONVERSATIONS = 100_000
MESSAGES = 10  # of each conversation
# Milliseconds that nothing may take.
BUDGET = 50.0
ROUNDS = 15
# What the database may do for one question, and for a search, whatever its size: SQLite's instructions, PostgreSQL's
# rows.
WORK = {"sqlite": (5_000, 20_000), "postgresql": (1_000, 25_000)}
# SQLite's instructions between two calls.
STEP = 100


class Figure(NamedTuple):
    """What one question took, in milliseconds."""

    name: str
    median: float
    worst: float


def word(number: int) -> str:
    """A word of the made-up language, the more frequent the lower its number."""
    return f"{'bcdfghklmnprstvz'[number % 16]}{'aeiou'[number % 5]}{number}x"


def texts(count: int) -> Iterator[str]:
    """So many texts of 30 words, some of which are in most of them and some in hardly any."""
    chance = random.Random(7)
    words = [word(number) for number in range(20_000)]
    weights = list(itertools.accumulate(1 / (number + 1) for number in range(len(words))))
    for _ in range(count):
        yield " ".join(chance.choices(words, cum_weights=weights, k=30))


# Written by the database itself: a million rows one by one take too long.
FILL = """
    INSERT INTO chatinterface_conversation (
        uuid, interface, user_id, session_key, title, language, revision, state, unread,
        created_at, updated_at, pinned_at, archived_at, deleted_at
    )
    SELECT {uuid}, %(chat)s, %(user)s, '', 'Conversation ' || n, '', 1, '{{}}', {false}, {time}, {time},
        CASE WHEN n %% %(pinned)s = 7 THEN {time} END, CASE WHEN n %% 5 = 4 THEN {time} END,
        CASE WHEN n %% 50 = 3 THEN {time} END
    FROM {numbers};

    INSERT INTO chatinterface_message (
        conversation_id, active, role, user_name, avatar, parts, metadata, html, status, created_at, updated_at
    )
    SELECT id, {true}, CASE WHEN turn %% 2 = 0 THEN 'user' ELSE 'assistant' END, '', '', said, '{{}}', '', 'done',
        updated_at, updated_at
    FROM chatinterface_conversation, (SELECT n AS turn FROM {turns}) turns, bench_text
    WHERE user_id = %(user)s AND number = (id * 7919 + turn * 104729) %% {texts}
    ORDER BY id, turn;

    INSERT INTO chatinterface_passage (conversation_id, message_id, owner, terms)
    SELECT conversation_id, message.id, %(owner)s, %(owner)s || ' ' || words
    FROM chatinterface_message message
    JOIN chatinterface_conversation conversation ON conversation.id = conversation_id
    JOIN (SELECT conversation_id AS c, min(id) AS first FROM chatinterface_message GROUP BY conversation_id) firsts
        ON c = conversation_id
    JOIN bench_text ON number = (conversation_id * 7919 + (message.id - first) * 104729) %% {texts}
    WHERE user_id = %(user)s ORDER BY message.id
"""
COUNT = """(
    WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {}) SELECT n FROM counted
) numbers"""
TEXTS = 20_011
DIALECTS = {
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "time": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', '-' || n || ' minutes')",
        "true": "1",
        "false": "0",
    },
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "time": "now() - n * interval '1 minute'",
        "true": "true",
        "false": "false",
    },
}


def fill(scale: float) -> Any:
    """Give the user demo so many conversations, and somebody else a tenth of them; returns the user."""
    from django.contrib.auth.models import User
    from django.db import connection

    from chatinterface import search
    from chatinterface.content.terms import terms
    from chatinterface.models import Conversation

    demo, other = (User.objects.get_or_create(username=name)[0] for name in ("demo", "other"))
    if Conversation.objects.exists():
        return demo
    count = int(CONVERSATIONS * scale)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_text (number integer PRIMARY KEY, said text, words text)")
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE bench_text ALTER said TYPE jsonb USING said::jsonb")
        cursor.executemany(
            "INSERT INTO bench_text VALUES (%s, %s, %s)",
            [
                (number, json.dumps([{"type": "text", "text": text}]), " ".join(terms(text)))
                for number, text in enumerate(texts(TEXTS))
            ],
        )
        for owner, size in ((demo, count), (other, count // 10)):
            values = {"chat": CHAT, "user": owner.pk, "pinned": size // 20, "owner": search.owner(owner.pk, "", CHAT)}
            dialect = DIALECTS[connection.vendor]
            parts = {**dialect, "numbers": COUNT.format(size), "turns": COUNT.format(MESSAGES), "texts": TEXTS}
            for statement in FILL.format(**parts).split(";\n"):
                cursor.execute(*_named(statement, values))
        cursor.execute("ANALYZE")
    return demo


def _named(statement: str, values: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement with the places of its values numbered, which both databases understand."""
    names = re.findall(r"%\((\w+)\)s", statement)
    return re.sub(r"%\(\w+\)s", "%s", statement), [values[name] for name in names]


def questions(user: Any) -> dict[str, Callable[[], Any]]:
    """What is asked: all that the panel asks."""
    from django.test import Client

    from chatinterface import panel, search
    from chatinterface.history import Visitor
    from chatinterface.models import Conversation

    who = Visitor(user=user)
    listed = Conversation.objects.filter(user=user, deleted_at=None, pinned_at=None)
    recent = listed.filter(archived_at=None).order_by("-updated_at")
    middle = recent[recent.count() // 2]
    client = Client()
    client.force_login(user)
    sought = {
        "a word of most": word(0),
        "a word of some": word(30),
        "a word of few": word(2_000),
        "a word of hardly any": word(19_000),
        "a word of none": "nowhere",
        "two of few": f"{word(1_500)} {word(900)}",
        "one of most, one of hardly any": f"{word(0)} {word(15_000)}",
        "two letters": "ba",
        "one letter": "b",
    }
    return {
        "page": lambda: client.get(f"/chat/{CHAT}/"),
        "list": lambda: panel.recent(who, CHAT),
        "list, from the middle": lambda: panel.recent(who, CHAT, panel.Place(middle.updated_at, middle.pk)),
        "archive": lambda: panel.archived(who, CHAT),
        "pinned": lambda: panel.pinned(who, CHAT),
        "one row": lambda: panel.entry(who, CHAT, middle.uuid),
        **{f"search, {name}": partial(search.search, who, CHAT, text) for name, text in sought.items()},
    }


def measure(user: Any, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Ask everything so often, after once to warm up."""
    for name, ask in questions(user).items():
        ask()
        took = []
        for _ in range(rounds):
            before = time.perf_counter()
            ask()
            took.append((time.perf_counter() - before) * 1000)
        yield Figure(name, statistics.median(took), max(took))


def count(user: Any) -> Iterator[tuple[str, int]]:
    """Ask everything, and count what the database does for it."""
    from django.db import connection

    effort = instructions if connection.vendor == "sqlite" else rows
    for name, ask in questions(user).items():
        ask()
        yield name, effort(ask)


def instructions(ask: Callable[[], Any]) -> int:
    """The instructions of SQLite's machine."""
    from django.db import connection

    ticks = itertools.count()
    connection.connection.set_progress_handler(lambda: next(ticks) < 0, STEP)
    ask()
    connection.connection.set_progress_handler(None, STEP)
    return next(ticks) * STEP


def rows(ask: Callable[[], Any]) -> int:
    """The rows that PostgreSQL looks at, in all parts of its plans."""
    from django.db import connection

    seen = 0

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        nonlocal seen
        if sql.startswith(("SELECT", "WITH", "(")):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
                seen += _looked_at(cursor.fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        ask()
    return seen


def _looked_at(plan: dict[str, Any]) -> int:
    removed = sum(plan.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
    own = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return int(own) + sum(map(_looked_at, plan.get("Plans", ())))


def main() -> None:
    """Fill, measure, print; the exit status says whether all is within the budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--count", action="store_true", help="count the database's work in place of the time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(directory) / 'history.sqlite3'}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connection

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        before = time.perf_counter()
        user = fill(options.scale)
        print(f"filled in {time.perf_counter() - before:.0f} s")
        if options.count:
            counted = dict(count(user))
            print("\n".join(f"{name:40} {number:8}" for name, number in counted.items()))
            limits = WORK[connection.vendor]
            sys.exit(any(number > limits[name.startswith("search")] for name, number in counted.items()))
        figures = list(measure(user))
    for figure in figures:
        print(f"{figure.name:40} median {figure.median:6.1f} ms, worst {figure.worst:6.1f} ms")
    sys.exit(any(figure.median > BUDGET for figure in figures))


if __name__ == "__main__":
    main()
