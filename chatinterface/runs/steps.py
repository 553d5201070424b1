"""What a step of a reply is, whoever says so: a session's ``add_step``, Gradio's metadata, tags around a thought."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from chatinterface.content.components.base import Part
from chatinterface.content.reasoning import TIMED
from chatinterface.content.storable import plain, text

# Gradio's words for the states of a step.
STATUS = {"done": "success", "pending": "running"}
STATES = ("pending", "running", "success", "failed", "stopped")
ENDED = frozenset({"success", "failed", "stopped"})


def described(metadata: Mapping[str, Any]) -> Part:
    """A step as metadata describes it; without a status it is no more than a heading, and stays open."""
    status = str(metadata.get("status") or "")
    status = STATUS.get(status, status)
    part: Part = {
        "type": "step",
        "title": text(metadata.get("title") or ""),
        "status": status if status in STATES else "success",
        "open": status != "success",
    }
    duration = plain(metadata.get("duration"))
    if isinstance(duration, int | float):
        part["duration"] = duration
    if metadata.get("log"):
        part["log"] = text(metadata["log"])
    return part


class Clock:
    """Measures how long steps take, by their ids."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def knows(self, name: str) -> bool:
        """Whether it measures the step of that id."""
        return name in self._began

    def timed(self, part: Part) -> Part:
        """The step with its duration, where it has ended and nobody has said how long it took."""
        began = self._began.setdefault(part["id"], time.monotonic())
        if part["status"] in ENDED and "duration" not in part:
            return {**part, "duration": round(time.monotonic() - began, 2)}
        return part


def is_timed(metadata: Mapping[str, Any]) -> bool:
    """Whether the duration of this step is measured here."""
    return bool(metadata.get(TIMED))


def ended(part: Part, status: str) -> Part:
    """The step, which has ended with its run, and as it did."""
    if part["status"] in ENDED:
        return part
    return {**part, "status": status, "open": status != "success"}
