"""The demo site with the settings that the documentation has for production."""

import re
from typing import Any

from project.settings import *  # noqa: F403
from tests.server import ROOT

SNIPPET = re.search(r"```python\n(# settings\.py, what.*?)```", (ROOT / "docs/deploy.md").read_text("utf-8"), re.DOTALL)
assert SNIPPET is not None
given: dict[str, Any] = {}
exec(SNIPPET[1], given)
globals().update({name: value for name, value in given.items() if name.isupper()})
