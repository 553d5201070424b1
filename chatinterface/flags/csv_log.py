"""log.csv of a chat's ``flagging_dir``: each change of a flag as a row, in the columns that Gradio names."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from django.core.files import locks
from django.utils import timezone

from chatinterface.content.cells import harmless
from chatinterface.models import Conversation

NAME = "log.csv"

# Gradio names five columns and writes four values; here each has its own.
COLUMNS = ("conversation", "index", "value", "flag", "timestamp")


def append(directory: str | Path, conversation: Conversation, *, index: int, value: str, option: str) -> None:
    """Write one row; ``option`` is "" where the flag was taken back. Several processes may do so at once.

    The first column has the shown messages as JSON. What a spreadsheet would take for a formula is made harmless.
    """
    said = conversation.messages.filter(active=True).order_by("pk").only("role", "parts").iterator()
    messages = json.dumps([{"role": each.role, "content": each.text} for each in said], ensure_ascii=False)
    row = [messages, str(index), value, option, timezone.now().isoformat()]
    path = Path(directory) / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="", encoding="utf-8") as file:
        locks.lock(file, locks.LOCK_EX)
        writer = csv.writer(file)
        # Where it stands is known only now: another process may have been first.
        if file.seek(0, 2) == 0:
            writer.writerow(COLUMNS)
        writer.writerow([harmless(cell) for cell in row])
        # Written before the lock goes with the file.
        file.flush()
