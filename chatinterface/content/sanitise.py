"""Which HTML may stand in a message?"""

import re

import nh3

from chatinterface.content.balance import CELLS, KEPT
from chatinterface.content.code import CLASSES
from chatinterface.content.names import names

MATHML = names(
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle "
    "msub msubsup msup mtable mtd mtext mtr munder munderover"
)
MATHML_ATTRIBUTES = names(
    "accent accentunder columnalign columnlines columnspacing depth displaystyle fence form height linethickness "
    "lspace mathsize mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel "
    "separator stretchy symmetric voffset width"
)
ALERTS = frozenset(f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution"))

BYTE_ORDER_MARK = "\ufeff"

# Anything with a scheme, a host or a character that a browser might take for the start of one is not of this site.
OWN_SITE = re.compile(r"(?!//)[\w./?%&=+~!$'()*,;@#-]+", re.ASCII)


def is_own(url: str) -> bool:
    """Whether the URL stays on the site that shows it: images of others would tell them who reads what."""
    return OWN_SITE.fullmatch(url) is not None


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src" and not is_own(value):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=KEPT | MATHML,
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "img": {"alt", "height", "src", "title", "width"},
        "input": {"aria-label", "checked", "disabled", "type"},
        "math": {"display"} | MATHML_ATTRIBUTES,
        "ol": {"start"},
        "pre": {"data-language"},
        **{name: {"align", "colspan", "rowspan"} for name in CELLS},
        **{name: set(MATHML_ATTRIBUTES) for name in MATHML - {"math"}},
    },
    set_tag_attribute_values={
        "a": {"target": "_blank"},
        "input": {"type": "checkbox", "disabled": ""},
    },
    allowed_classes={
        "blockquote": ALERTS,
        "div": {"footnote-definition"},
        "span": CLASSES,
        "sup": {"footnote-definition-label", "footnote-reference"},
    },
    attribute_filter=_filter,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
)


def clean(html: str) -> str:
    """Return the HTML with nothing left in it that could run, load, submit, or reach the page around it."""
    # The parser takes a mark at the very start for one of byte order: then the parts would not make up the whole.
    start = BYTE_ORDER_MARK if html.startswith(BYTE_ORDER_MARK) else ""
    return start + _cleaner.clean(html)
