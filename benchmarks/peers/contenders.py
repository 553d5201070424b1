"""Who is measured: this project, the floor below it, and the peers, each a server of its own with the same job."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import targets
from benchmarks.load.servers import KINDS
from benchmarks.peers.environments import ENVIRONMENTS, python_of
from benchmarks.targets import Target
from tests.server import ROOT, free_port, wait_for_port

APPS = Path(__file__).parent / "apps"

# Nothing is told to anybody, nothing opens a browser.
QUIET = {
    "CHAINLIT_TELEMETRY_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How a peer is started, with {app} and {port} to be filled in, and where its page has its input."""

    command: Sequence[str]
    input: str
    path: str = "/"
    # Seconds after a reply until the page takes the next message.
    rest: float = 0.25


PEERS = {
    "gradio": Peer(command=("{app}", "{port}"), input="textarea"),
    "panel": Peer(
        command=(
            *("-m", "panel", "serve", "{app}", "--address", "127.0.0.1", "--port", "{port}"),
            *("--allow-websocket-origin", "127.0.0.1:{port}", "--log-level", "warning"),
        ),
        input="textarea.bk-input",
        path="/panel_chat",
        rest=1.0,
    ),
    "chainlit": Peer(
        command=("-m", "chainlit", "run", "{app}", "--headless", "--host", "127.0.0.1", "--port", "{port}"),
        input="#chat-input",
    ),
    "streamlit": Peer(
        command=(
            *("-m", "streamlit", "run", "{app}", "--server.address", "127.0.0.1", "--server.port", "{port}"),
            *("--server.headless", "true", "--server.fileWatcherType", "none"),
        ),
        input="[data-testid=stChatInputTextArea]",
    ),
    "nicegui": Peer(command=("{app}", "{port}"), input="input[placeholder=Message]"),
}

# This project by each server that it is deployed with.
CHATS = {"chat": KINDS["daphne"], "chat-uvicorn": KINDS["uvicorn"]}
OURS = ("floor", *CHATS)
ALL = (*OURS, *PEERS)


@contextmanager
def running(name: str, database: Path, environments: Path = ENVIRONMENTS) -> Iterator[Target]:
    """One of ALL, on a fresh server; the database is a migrated one for this project's.

    Raises RuntimeError where it does not start.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if name == "floor":
            yield stack.enter_context(targets.floor(directory))
        elif name in CHATS:
            yield stack.enter_context(targets.chat(directory / "chat", database, CHATS[name]))
        else:
            yield stack.enter_context(_serving(name, directory, environments))


@contextmanager
def _serving(name: str, directory: Path, environments: Path) -> Iterator[Target]:
    peer, port = PEERS[name], free_port()
    app = str(APPS / f"{name}_chat.py")
    command = [str(python_of(name, environments)), *(part.format(app=app, port=port) for part in peer.command)]
    log = directory / "server.log"
    with log.open("ab") as output:
        # In a folder of its own, where some leave files.
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=os.environ | QUIET | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    origin = f"http://127.0.0.1:{port}"
    target = Target(name, origin, peer.path, peer.input, peer.input, process.pid, rest=peer.rest)
    try:
        if not wait_for_port(process, port):
            raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')}")
        yield target
    finally:
        for each in target.processes():
            each.kill()
        process.wait()
