"""Who executes runs, as their claims name it."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache

from chatinterface.interface import ChatInterface

# Any worker that takes it.
ANY = ""


def here() -> str:
    """This process. A fork of it is another one."""
    return _named(os.getpid())


def of(interface: ChatInterface) -> str:
    """Who executes a chat's runs that begin here: this process, or any worker of the site's tasks."""
    return ANY if interface.uses_tasks else here()


@cache
def _named(process: int) -> str:
    return f"{socket.gethostname()}:{process}:{secrets.token_hex(4)}"
