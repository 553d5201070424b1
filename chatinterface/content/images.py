"""Whose images does a message show?"""

import re
from html import unescape

from chatinterface.content.sanitise import is_own

LINK_OR_IMAGE = re.compile(r"<a [^>]*>|</a>|<img src=\"(?P<source>[^\"]*)\" alt=\"(?P<alt>[^\"]*)\"[^>]*>")


def link_foreign_images(html: str) -> str:
    """Replace the images of other sites by links to them; within a link, only the image's text is left."""
    if "<img " not in html:
        return html
    linked = False

    def replace(match: re.Match[str]) -> str:
        nonlocal linked
        if match["source"] is None:
            linked = match[0] != "</a>"
        elif not is_own(unescape(match["source"])):
            text = match["alt"] or match["source"]
            return text if linked else f'<a href="{match["source"]}">{text}</a>'
        return match[0]

    return LINK_OR_IMAGE.sub(replace, html)
