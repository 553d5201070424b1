"""What a site adds to the look of a chat."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.forms import Media

from chatinterface.declarations.base import Declaration

CLASS = re.compile(r"[^\s\"'<>&=]+")
# What a path has not, and a stylesheet has that was written down in its place.
RULE = re.compile(r"[{}\s]")


class Styling(Declaration):
    """Classes and stylesheets of a chat."""

    # Classes of the chat's element, as in Panel, for a site's own stylesheets to go by.
    css_classes: Sequence[str] = ()
    # Stylesheets that its page loads after those of the chat: paths below STATIC_URL, or addresses.
    stylesheets: Sequence[str] = ()

    @property
    def style(self) -> Media:
        """The stylesheets, as Django's forms have theirs."""
        return Media(css={"all": list(self.stylesheets)})

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        for name in ("css_classes", "stylesheets"):
            if isinstance(getattr(self, name), str) or not isinstance(getattr(self, name), Sequence):
                self.refuse(f"{name}={getattr(self, name)!r} must be a list of texts.")
        for each in self.css_classes:
            if not isinstance(each, str) or not CLASS.fullmatch(each):
                self.refuse(f"css_classes has {each!r}, which is no class. Write names without spaces, one for each.")
        for each in self.stylesheets:
            if not isinstance(each, str) or not each or RULE.search(each):
                self.refuse(
                    f"stylesheets has {each!r}. Write the path of a static file, like 'shop/chat.css', or an address: "
                    "rules within the page are what a content policy forbids."
                )
