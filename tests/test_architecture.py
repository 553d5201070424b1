"""The import graph of the package: which module may know what, as its design says."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import chatinterface

ROOT = Path(chatinterface.__file__).parent
FILES = {
    ".".join([ROOT.name, *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
    if "migrations" not in path.parts
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}

LONGEST = 300

# Imports that cannot stand at the top: what they need is ready only when the function is called.
LATE = {"chatinterface.apps": {"ready"}, "chatinterface.asgi": {"application"}}

# From the lowest to the highest: none imports from a higher layer.
LAYERS = [
    {
        "conf",
        "exceptions",
        "metrics",
        "outages",
        "recall",
        "spelling",
        "ranges",
        "storage",
        "pacing",
        "icons",
        "layers",
        "controls",
        "prepared",
    },
    {"content", "pending", "widgets"},
    {"inputs", "additional", "examples", "validation", "questions"},
    {"models", "leases", "shared_link", "passages", "threads", "serving", "guidance", "asked", "prompts"},
    {"events", "pulse", "relay", "callbacks"},
    {"declarations"},
    {"interface", "exports", "port", "sessions", "session", "signals"},
    {"registry", "authors", "opening", "history", "files", "tree", "withdrawal"},
    {"limits"},
    {"search", "replies", "presentation", "uploads", "contents", "recollection"},
    {"queueing"},
    {"begun"},
    {"chains", "conversations", "outputs", "hooks", "responding"},
    {"panel", "shortcuts", "adoption", "transcripts", "listing"},
    {"flags", "streaming", "retention", "personal_data"},
    {"versions", "sharing", "site", "presses"},
    {"runs"},
    {"handshake", "forms", "gate", "delivery"},
    {"posting", "cards", "sampling", "filling", "by_socket"},
    {"views", "actions", "consumers", "admin", "templatetags", "receivers", "checks", "handler"},
    {"management", "tasks"},
    {"urls", "routing", "warm", "lifespan"},
    {"asgi", "apps", "management"},
]

# What only some modules may import, from anywhere.
ONLY = {
    "channels.layers": {"chatinterface.events", "chatinterface.layers"},
    "channels": {
        "chatinterface.events",
        "chatinterface.layers",
        "chatinterface.consumers",
        "chatinterface.asgi",
        "chatinterface.checks",
    },
    "django.contrib.admin": {"chatinterface.admin"},
    "nh3": {"chatinterface.content"},
    "puremagic": {"chatinterface.content"},
    "pyromark": {"chatinterface.content"},
    "pygments": {"chatinterface.content"},
    "latex2mathml": {"chatinterface.content"},
}

# What modules must not import, nor anything that lies below it.
NEVER = {
    "chatinterface.content": [
        "chatinterface.models",
        "chatinterface.interface",
        "chatinterface.events",
        "channels",
        "django.http",
        "django.db",
        "django.urls",
        "django.shortcuts",
    ],
    "chatinterface.declarations": [
        "channels",
        "django.http",
        "django.urls",
        "django.shortcuts",
        "chatinterface.models",
    ],
    "chatinterface.interface": ["channels", "django.http", "django.urls", "django.shortcuts", "chatinterface.models"],
    "chatinterface.registry": ["channels", "django.http", "django.urls", "django.shortcuts", "chatinterface.models"],
    "chatinterface.callbacks": ["channels", "django.http", "django.urls", "django.shortcuts", "chatinterface.models"],
    "chatinterface.runs": [
        "channels.consumer",
        "channels.generic",
        "channels.routing",
        "django.http",
        "django.shortcuts",
        "django.views",
        "chatinterface.views",
    ],
    "chatinterface.conversations": ["channels", "django.http", "django.shortcuts", "chatinterface.events"],
    "chatinterface.delivery": ["django", "chatinterface.models"],
}

# What decides, and leaves the waiting to others.
DECIDING = ["chatinterface.delivery", "chatinterface.tree", "chatinterface.interface"]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def nodes(tree: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a module and of its functions, without those for the type checker only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from node.orelse
            continue
        if isinstance(node, ast.stmt):
            yield node
        yield from nodes(node)


def imported(node: ast.stmt) -> Iterator[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module is not None
        assert node.level == 0
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in FILES else node.module


IMPORTS = {name: {each for node in nodes(tree) for each in imported(node)} for name, tree in TREES.items()}


def layer(name: str) -> int | None:
    """The layer of a module of the package, counted from below; None for the package itself."""
    part = name.removeprefix("chatinterface").lstrip(".").split(".")[0]
    return next((height for height, parts in enumerate(LAYERS) if part in parts), None)


def own(name: str) -> set[str]:
    return {each for each in IMPORTS[name] if within(each, "chatinterface")}


def reached(name: str) -> set[str]:
    """All that is imported when a module is, through other modules of the package too."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for each in IMPORTS.get(waiting.pop(), ()):
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return seen


def test_graph_is_known() -> None:
    assert len(TREES) > 30
    assert "chatinterface.history" in IMPORTS["chatinterface.conversations"]
    assert "chatinterface.content.markdown" in reached("chatinterface.views.pages")


def test_no_cycles() -> None:
    graph = {name: own(name) - {name} for name in TREES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_every_module_has_its_layer() -> None:
    assert [name for name in TREES if layer(name) is None] == ["chatinterface"]


def test_layers_name_real_modules() -> None:
    parts = {name.removeprefix("chatinterface.").split(".")[0] for name in TREES}
    assert {part for layer in LAYERS for part in layer} <= parts


@pytest.mark.parametrize("name", sorted(TREES))
def test_imports_go_down(name: str) -> None:
    height = layer(name)
    if height is not None:
        assert [each for each in own(name) if (layer(each) or 0) > height] == []


@pytest.mark.parametrize("package", ONLY)
def test_known_to_few(package: str) -> None:
    knowing = {name for name, modules in IMPORTS.items() if any(within(each, package) for each in modules)}
    assert [name for name in knowing if not any(within(name, allowed) for allowed in ONLY[package])] == []


@pytest.mark.parametrize("package", NEVER)
def test_never_reached(package: str) -> None:
    for name in (each for each in TREES if within(each, package)):
        forbidden = [each for each in reached(name) for far in NEVER[package] if within(each, far)]
        assert forbidden == [], name


@pytest.mark.parametrize("name", DECIDING)
def test_waits_for_nothing(name: str) -> None:
    assert "asyncio" not in IMPORTS[name]


def test_imports_stand_at_the_top() -> None:
    for name, tree in TREES.items():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        late = {
            function.name
            for function in functions
            for node in nodes(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert late <= LATE.get(name, set()), name


def test_modules_are_small() -> None:
    lines = {
        name: sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
        for name, path in FILES.items()
    }
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_wire_is_written_once() -> None:
    """The types of frames stand in one module."""
    types = {"message.added", "message.patch", "message.settled", "message.changed", "log.changed", "form.changed"}
    strings = {
        name: {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        for name, tree in TREES.items()
    }
    assert [name for name, found in strings.items() if found & types] == ["chatinterface.events"]
