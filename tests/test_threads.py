import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import translation

from chatinterface import threads
from chatinterface.models import Conversation

PATIENCE = 60


async def test_database_work_has_language() -> None:
    with translation.override("de"):
        assert await threads.in_database(translation.get_language) == "de"


async def test_database_work_has_context() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    name.set("here")
    assert await threads.in_database(name.get) == "here"


async def test_database_work_is_not_the_sites() -> None:
    """One thread that is blocked holds up no other work."""
    held = threading.Event()
    blocked = asyncio.create_task(threads.in_database(held.wait, PATIENCE))
    names = {await threads.in_database(lambda: threading.current_thread().name) for _ in range(5)}
    assert all(name.startswith("chatinterface-database") for name in names)
    held.set()
    assert await blocked


async def test_errors_come_through() -> None:
    with pytest.raises(ZeroDivisionError):
        await threads.in_database(lambda: 1 / 0)


@pytest.mark.django_db(transaction=True)
async def test_callback_leaves_no_connection() -> None:
    def used() -> bool:
        Conversation.objects.count()
        return connection.connection is not None

    def later() -> bool:
        return connection.connection is not None

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as one:
        assert await loop.run_in_executor(one, threads.as_request, used)
        assert not await loop.run_in_executor(one, later)
