"""How is code coloured?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from time import thread_time

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from chatinterface.content.names import names

# Long texts would take longer than they are worth.
MAX_LENGTH = 100_000
# Ordinary code takes about 2 µs a character; some lexers take quadratic time for what is not code.
SECONDS_PER_CHARACTER = 10e-6
# What else may fall into the time of a message's code: a full garbage collection of a large process, and the import of
# lexers that others load on their way (HTML those of its scripts and styles).
RESERVE = 1.0

# The few kinds that a theme tells apart, by Pygments' own class names; everything else is plain text.
_CLASS_OF: dict[_TokenType, str] = {
    Comment: "c",
    Generic.Deleted: "gd",
    Generic.Heading: "k",
    Generic.Inserted: "gi",
    Generic.Subheading: "k",
    Keyword: "k",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nc",
    Name.Decorator: "nf",
    Name.Exception: "nc",
    Name.Function: "nf",
    Name.Tag: "nt",
    Name.Variable: "nv",
    Number: "m",
    Operator.Word: "k",
    String: "s",
}
CLASSES = frozenset(_CLASS_OF.values())

# The languages people talk about, by their usual names. A fixed set: each has been tried on hostile text.
LANGUAGES = names(
    "bash c c# c++ cpp cs csharp css diff docker dockerfile elixir erlang go golang graphql haskell html "
    "http java javascript js json jsx julia kotlin lua make makefile markdown md nginx objc perl php "
    "powershell ps1 py pycon pytb python python3 r rb rs ruby rust scala scss sh shell sql swift terraform toml ts "
    "tsx typescript vue xml yaml yml zsh"
)
# Names for which Pygments has no lexer, or one that is quadratic in the length of a line.
ALIASES = {"console": "bash", "ini": "toml", "jsonc": "json", "patch": "diff"}
COMMON = ("bash", "css", "diff", "go", "html", "java", "javascript", "json", "python", "sql", "typescript", "yaml")


@dataclass(slots=True)
class Budget:
    """The processor time, in seconds, that is left for the code of a message, beyond what each character adds to it."""

    seconds: float = RESERVE


def highlight(code: str, language: str, budget: Budget | None = None) -> str:
    """Return the code as HTML, coloured where the language is known and the lexer keeps to its time.

    All the code of a message shares one `budget`: many blocks that are slow cost no more than one.
    """
    language = ALIASES.get(language, language)
    if language not in LANGUAGES or len(code) > MAX_LENGTH:
        return escape(code, quote=False)
    tokens = _tokens(code, language, budget or Budget())
    if "".join(text for _, text in tokens) != code:
        return escape(code, quote=False)
    return "".join(_spans(tokens))


def _tokens(code: str, language: str, budget: Budget) -> list[tuple[_TokenType, str]]:
    """Return the tokens of the code; not all of them when it takes too long."""
    lexer = _lexer(language)
    budget.seconds += len(code) * SECONDS_PER_CHARACTER
    began = thread_time()
    tokens = []
    for index, (_, kind, text) in enumerate(lexer.get_tokens_unprocessed(code)):
        tokens.append((kind, text))
        if index % 32 == 0 and thread_time() - began > budget.seconds:
            break
    budget.seconds -= thread_time() - began
    return tokens


def load_lexers() -> None:
    """Import the lexers of the common languages, so that nobody's first reply waits for it."""
    for language in COMMON:
        highlight("x", language)


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False)


@cache
def _class(kind: _TokenType) -> str:
    while kind not in _CLASS_OF and kind.parent is not None:
        kind = kind.parent
    return _CLASS_OF.get(kind, "")


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
    for name, run in groupby(_classed(tokens), key=lambda token: token[0]):
        text = escape("".join(text for _, text in run), quote=False)
        yield f'<span class="{name}">{text}</span>' if name else text


def _classed(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Yield (class, text); white space takes the class before it, so that two coloured lines are one run."""
    name = ""
    for kind, text in tokens:
        if not text.isspace():
            name = _class(kind)
        yield name, text
