"""What is counted, and that what the documentation has for the usual collectors reads it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from opentelemetry import metrics as opentelemetry
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import core as prometheus

import chatinterface as chat
from chatinterface import metrics, replies
from chatinterface.models import Conversation, Run
from tests.server import ROOT
from tests.tab import Closed, Tab

DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")


def snippet(name: str) -> str:
    """The code of the documentation that begins with this comment."""
    (code,) = re.findall(rf"```python\n(# {name}\n.*?)```", DEPLOY, re.DOTALL)
    return str(code)


def value(name: str, *labels: str) -> float:
    """How a metric stands."""
    (metric,) = (metric for metric in metrics.collect() if metric.name == f"chatinterface_{name}")
    return dict(metric.values).get(labels, 0)


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test count from zero: other tests have counted in this process."""
    for measure in metrics._measures:
        monkeypatch.setattr(measure, "_values", dict.fromkeys(measure._values, 0))


@pytest.mark.django_db(transaction=True)
async def test_runs_are_counted() -> None:
    chat.register(lambda message: 1 / 0 if message == "raise" else message, name="counted")
    tab = await Tab.open("counted")
    await tab.ask("hello")
    await tab.ask("raise")
    assert value("runs_started_total", "counted") == 2
    assert value("runs_finished_total", "counted", "done") == 1
    assert value("runs_finished_total", "counted", "failed") == 1
    assert value("runs_active", "counted") == 0
    assert value("run_seconds_total", "counted") > 0
    assert value("first_outputs_total", "counted") == 1
    assert value("first_output_seconds_total", "counted") > 0


@pytest.mark.django_db(transaction=True)
def test_lost_runs_are_counted() -> None:
    """By who finds them: the process that wrote them is gone."""
    conversation = Conversation.objects.create(interface="counted", session_key="mine")
    Run.objects.create(conversation=conversation, status="running", lease_until=timezone.now() - timedelta(seconds=1))
    replies.interrupt(conversation.pk)
    replies.interrupt(conversation.pk)
    assert value("runs_lost_total", "counted") == 1


@pytest.mark.django_db(transaction=True)
async def test_sockets_are_counted() -> None:
    chat.register(lambda message: message, name="counted")
    tab = await Tab.open("counted")
    async with tab.connected():
        assert value("sockets_open") == 1
        await tab.send("hello")
        await tab.settled()
    assert value("sockets_open") == 0
    assert value("sockets_opened_total") == 1
    assert value("patches_sent_total") == 1


@pytest.mark.django_db(transaction=True)
async def test_refusals_are_counted() -> None:
    chat.register(lambda message: message, name="counted")
    tab = await Tab.open("counted")
    async with tab.connected():
        await tab.say({"type": "nonsense"})
        with pytest.raises(Closed):
            while True:
                await tab.next()
    assert value("sockets_refused_total", "4400") == 1


def test_prometheus_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    monkeypatch.setattr(prometheus, "REGISTRY", registry)
    exec(snippet("Prometheus"), {})
    metrics.runs_finished.add(1, "prometheus", "done")
    metrics.sockets_open.add(0)
    shown = generate_latest(registry).decode()
    assert 'chatinterface_runs_finished_total{chat="prometheus",status="done"} 1.0' in shown
    assert "# TYPE chatinterface_sockets_open gauge" in shown


def test_opentelemetry_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(opentelemetry, "get_meter", provider.get_meter)
    exec(snippet("OpenTelemetry"), {})
    metrics.runs_finished.add(1, "opentelemetry", "done")
    data: Any = reader.get_metrics_data()
    (scope,) = data.resource_metrics[0].scope_metrics
    read = {metric.name: metric.data.data_points for metric in scope.metrics}
    points = [(dict(point.attributes), point.value) for point in read["chatinterface_runs_finished_total"]]
    assert ({"chat": "opentelemetry", "status": "done"}, 1) in points
    assert "chatinterface_sockets_open" in read
    provider.shutdown()


def test_metrics_are_documented() -> None:
    table = set(re.findall(r"^\| `(\w+)` \| (counter|gauge) \| (.*?) ?\|", DEPLOY, re.MULTILINE))
    assert table == {
        (metric.name, metric.kind, ", ".join(f"`{label}`" for label in metric.labels)) for metric in metrics.collect()
    }
