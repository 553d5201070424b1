"""How the parts of a reply change on the pages that show it."""

from __future__ import annotations

from dataclasses import dataclass

from chatinterface.content.incremental import Patch

# Stands in the HTML of a part where the HTML of what is in it belongs.
BODY = "<!--body-->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the part of that id.

    Its flow has grown by ``patch``, or ``html`` takes its place, or all of it but what is in it is now ``shell``.
    """

    part: str
    patch: Patch | None = None
    html: str | None = None
    shell: str | None = None


class Restart(Exception):
    """What was finished has changed: pages have to start over."""
