"""Which code and which formulas of a message are set in colour and in MathML?"""

import re
from dataclasses import dataclass, field
from html import escape, unescape

from chatinterface.content.code import MAX_LENGTH, Budget, highlight
from chatinterface.content.formulas import mathml, source

CODE = re.compile(r'<pre><code class="language-([^"]*)">([^<]*)</code></pre>')
FORMULA = re.compile(r'<span class="math math-(inline|display)">([^<]*)</span>(\d?)')
LANGUAGE = re.compile(r"[\w.+#-]{1,30}", re.ASCII)

# A formula costs about as much time as ten times its length of code.
FORMULA_WEIGHT = 10


@dataclass(slots=True)
class Allowance:
    """How many characters of a message's code and formulas, counted from its start, are still to be typeset."""

    code: int = MAX_LENGTH
    formulas: int = 10_000


@dataclass(slots=True)
class Typesetter:
    """Typesets one message, maybe many times: what it has done once it remembers.

    With a `limit`, it does no more than so many characters that it has not done before: the rest stays as it was
    written until a later call. The limit is refilled by setting it again.
    """

    limit: int | None = None
    _budget: Budget = field(default_factory=Budget)
    _done: dict[tuple[str, str], str] = field(default_factory=dict)

    def typeset(self, html: str, allowance: Allowance, *, last_open: bool) -> str:
        """Return pyromark's HTML typeset; with `last_open`, its last block of code is not coloured yet."""
        if '<pre><code class="language-' in html:
            html = self._set_code(html, allowance, last_open=last_open)
        if '<span class="math' in html:
            html = FORMULA.sub(lambda match: self._formula(match, allowance), html)
        return html

    def _set_code(self, html: str, allowance: Allowance, *, last_open: bool) -> str:
        open_at = html.rfind('<pre><code class="language-') if last_open else -1

        def replace(match: re.Match[str]) -> str:
            code = match[2]
            if match.start() != open_at:
                code = self._code(unescape(code), unescape(match[1]).lower(), allowance)
            return f"{opening(unescape(match[1]))}{code}</code></pre>"

        return CODE.sub(replace, html)

    def _code(self, code: str, language: str, allowance: Allowance) -> str:
        if len(code) > allowance.code:
            return escape(code, quote=False)
        allowance.code -= len(code)
        if (language, code) not in self._done:
            if not self._spend(len(code)):
                return escape(code, quote=False)
            self._done[language, code] = highlight(code, language, self._budget)
        return self._done[language, code]

    def _formula(self, match: re.Match[str], allowance: Allowance) -> str:
        latex = unescape(match[2])
        display = match[1] == "display"
        if match[3] and not display:
            return f"${match[2]}${match[3]}"  # an amount of money: from $5-$10
        if len(latex) > allowance.formulas or not self._spend_formula(latex):
            return source(latex) + match[3]
        allowance.formulas -= len(latex)
        return mathml(latex, "block" if display else "inline") + match[3]

    def _spend_formula(self, latex: str) -> bool:
        if ("", latex) in self._done:
            return True
        if not self._spend(len(latex) * FORMULA_WEIGHT):
            return False
        self._done["", latex] = ""
        return True

    def _spend(self, characters: int) -> bool:
        if self.limit is not None:
            if characters > self.limit:
                return False
            self.limit -= characters
        return True


def opening(language: str) -> str:
    """Return the tags that open a block of code."""
    if not LANGUAGE.fullmatch(language):
        return "<pre><code>"
    return f'<pre data-language="{language.lower()}"><code>'
