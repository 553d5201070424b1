"""The log: each record has a stable name and its facts beside it, and nothing of what was said."""

import ast
import logging
import re

import pytest

import chatinterface as chat
from chatinterface.models import Message
from tests.server import ROOT
from tests.tab import Tab
from tests.test_architecture import TREES

LOGS = re.compile(r"logger\.(debug|info|warning|error|exception|critical|log)")
TABLE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8").partition("\n## Logs\n")[2].partition("\n## ")[0]
DOCUMENTED = {
    event for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE) for event in re.findall(r"`([\w.]+)`", row)
}


def calls() -> list[tuple[str, ast.Call]]:
    """All calls in the package, with their modules."""
    return [(name, node) for name, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]


def records() -> list[tuple[str, ast.Call]]:
    """The calls that write to a log."""
    return [(name, call) for name, call in calls() if LOGS.fullmatch(ast.unparse(call.func))]


def events() -> set[str]:
    """The names that the code gives to records."""
    dicts = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    given = {
        ast.unparse(value) for each in dicts for key, value in zip(each.keys, each.values, strict=True) if is_event(key)
    }
    named = [call for _name, call in calls() if ast.unparse(call.func) in {"away", "persistently"}]
    keywords = [keyword for call in named for keyword in call.keywords]
    given |= {ast.unparse(keyword.value) for keyword in keywords if keyword.arg == "event"}
    return {each.strip("'") for each in given if each.startswith("'")}


def is_event(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and key.value == "event"


def test_every_record_has_facts() -> None:
    assert len(records()) > 15
    assert [name for name, call in records() if "extra" not in {keyword.arg for keyword in call.keywords}] == []


def test_events_are_documented() -> None:
    assert events() == DOCUMENTED - {"event"}


def test_loggers_have_one_root() -> None:
    names = {ast.literal_eval(call.args[0]) for _name, call in calls() if ast.unparse(call.func) == "logging.getLogger"}
    assert names
    assert {name.partition(".")[0] for name in names} == {"chatinterface"}


@pytest.mark.django_db(transaction=True)
async def test_run_is_told(caplog: pytest.LogCaptureFixture) -> None:
    chat.register(lambda message: message, name="logged")
    with caplog.at_level(logging.INFO, "chatinterface"):
        tab = await Tab.open("logged")
        reply: Message = await tab.ask("a secret of mine")
    told = {record.event: vars(record) for record in caplog.records if hasattr(record, "event")}
    facts = {"chat": "logged", "conversation": str(tab.uuid), "run": reply.run_id}
    assert facts.items() <= told["run.started"].items()
    assert {**facts, "status": "done"}.items() <= told["run.finished"].items()
    assert told["run.finished"]["seconds"] >= 0
    assert "secret" not in caplog.text + str([vars(record) for record in caplog.records])
