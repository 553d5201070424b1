"""The demo site with chats whose replies are written by worker processes, set up as the documentation says."""

import re
from typing import Any

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS as APPS
from tests.server import ROOT

SNIPPET = re.search(
    r"```python\n(# settings\.py, what workers.*?)```", (ROOT / "docs/deploy.md").read_text("utf-8"), re.DOTALL
)
assert SNIPPET is not None
given: dict[str, Any] = {"INSTALLED_APPS": [*APPS, "tests.cluster.worked"]}
exec(SNIPPET[1], given)
globals().update({name: value for name, value in given.items() if name.isupper()})
