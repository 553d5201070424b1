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

# What the templates of parts have beside what may stand in a text; controls go, and what stands in them stays.
SHOWN = names("audio figcaption figure iframe section source svg path video")
SOURCES = names("audio iframe img source video")
# The controls that a form has: of those in a text only the boxes of a list of tasks are left.
CONTROL = re.compile(r'<input\b(?![^>]*\btype="checkbox")[^>]*>')


def _rendered_filter(tag: str, attribute: str, value: str) -> str | None:
    if tag in SOURCES and attribute == "src" and not is_own(value):
        return None
    return value


_rendered = nh3.Cleaner(
    tags=KEPT | MATHML | SHOWN,
    attributes={
        "*": {"aria-hidden", "aria-label", "class", "dir", "hidden", "role"},
        "a": {"download", "href", "title"},
        "abbr": {"title"},
        "audio": {"controls", "preload", "src"},
        "details": {"data-step", "open"},
        "iframe": {"height", "loading", "src", "title"},
        "img": {"alt", "height", "loading", "src", "title", "width"},
        "input": {"checked", "disabled", "type"},
        "math": {"display"} | MATHML_ATTRIBUTES,
        "ol": {"start"},
        "path": {"d"},
        "pre": {"data-language"},
        "svg": {"fill", "height", "stroke", "stroke-linecap", "stroke-linejoin", "stroke-width", "viewBox", "width"},
        "video": {"controls", "height", "playsinline", "preload", "src", "width"},
        **{name: {"align", "colspan", "rowspan"} for name in CELLS},
        **{name: set(MATHML_ATTRIBUTES) for name in MATHML - {"math"}},
    },
    set_tag_attribute_values={
        "a": {"target": "_blank"},
        "iframe": {"sandbox": "allow-scripts"},
        "input": {"type": "checkbox", "disabled": ""},
    },
    attribute_filter=_rendered_filter,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
)


def clean_rendered(html: str) -> str:
    """What was rendered of a message, as it may stand where nothing is to be done with it: see clean()."""
    return _rendered.clean(CONTROL.sub("", html))


def clean(html: str) -> str:
    """Return the HTML with nothing left in it that could run, load, submit, or reach the page around it."""
    # The parser takes a mark at the very start for one of byte order: then the parts would not make up the whole.
    start = BYTE_ORDER_MARK if html.startswith(BYTE_ORDER_MARK) else ""
    return start + _cleaner.clean(html)
