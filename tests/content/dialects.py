"""Strategies: the dialects that a chat may declare, and text that is read differently in them."""

from hypothesis import strategies as st

from chatinterface.content.delimiters import DOLLARS, Delimiter
from chatinterface.content.dialect import Dialect
from tests.content.documents import fragments

BRACKETS = (Delimiter("\\[", "\\]", display=True), Delimiter("\\(", "\\)", display=False))
DELIMITERS = [
    DOLLARS,
    DOLLARS[:1],
    (),
    BRACKETS,
    (*DOLLARS, *BRACKETS),
    (Delimiter("@@", "@@", display=True),),
    (Delimiter("<tex>", "</tex>", display=False), *DOLLARS),
]
PIECES = [
    "\\(x_1\\)",
    "\\[\n",
    "a *b* c\n",
    "\\]\n",
    "\\( y ",
    "\\)",
    "`\\(`",
    "\\\\[2pt]",
    "$5 and ",
    "$",
    "$$",
    "$$\n",
    "@@",
    "<tex>",
    "</tex>",
    "```\n",
    "two\nlines\n",
    "a  \nb\\\nc\n",
    "- a\n  b\n",
    "> a\n> b\n",
    "[a]($)",
    "<think>\n",
    "</think>",
    "<my-tag a=1>",
    "<think/>",
    '<iframe src="/x">',
    "<section>\n\n",
    "</section>\n\n",
    "<script>if (a<b) {\n\n}</script>\n",
    "<style>\n",
    "<svg><path d='M0'/></svg>",
    "<div/>",
    '<a title=">\n" onclick="x()">',
    "\xa0",
    "\ufdd0",
    "\ufdd0 $$\ufdd0",
    "\ufdef",
]

dialects = st.builds(
    Dialect,
    markdown=st.sampled_from([True, True, True, False]),
    line_breaks=st.booleans(),
    delimiters=st.sampled_from(DELIMITERS),
    unknown_tags=st.sampled_from([True, False, frozenset({"think"})]),
    sanitise=st.booleans(),
)
varied = st.one_of(fragments, st.sampled_from(PIECES), st.sampled_from(PIECES))
