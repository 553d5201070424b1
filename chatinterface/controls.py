"""What the page's own controls are called: a button of a chat by such a name would do what they do."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates" / "chatinterface"
ACTION = re.compile(r'data-action="([a-z-]+)"')


@cache
def actions() -> frozenset[str]:
    """The actions that the templates of the app have, so that a new one is known without being listed anywhere."""
    pages = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    return frozenset(action for page in pages for action in ACTION.findall(page))
