"""Demo chats for what a reply may show: every kind of component, values as they are, renderers, and a CSV file."""

import csv
import io
import math
import random
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import chatinterface as chat
from project import drawings

CODE = '''def fibonacci(n: int) -> int:
    """The n-th number of the row in which each is the sum of the two before it, counted from zero."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
'''
ORDER = {
    "order": 1042,
    "paid": True,
    "items": [{"title": "Kim", "count": 1}, {"title": "Emma", "count": 2}],
    "note": None,
}
CITIES = [
    {"city": "Oslo", "founded": 1040, "people": 709_037},
    {"city": "Bergen", "founded": 1070, "people": 291_940},
    {"city": "Ålesund", "founded": 1848, "people": 67_114},
]
PAGE = """<h2>A document of its own</h2><p>Its script has counted to <b id="count"></b>.</p>
<script>document.getElementById("count").textContent = [1, 2, 3].length</script>"""


def orders(count: int) -> list[list[Any]]:
    """Rows of a table that is as long as one likes."""
    chance = random.Random(7)
    names = ["Ada Lovelace", "Grace Hopper", "Søren Kierkegaard", "紫 式部", "Émilie du Châtelet"]
    return [
        [
            number,
            chance.choice(names),
            round(chance.uniform(2, 900), 2),
            f"2024-{chance.randint(1, 12):02}-15",
            chance.random() < 0.8,
        ]
        for number in range(1, count + 1)
    ]


def tone(seconds: float = 1.0) -> bytes:
    """A sine wave, as a file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        waves = (int(9000 * math.sin(number * 440 * math.tau / 8000)) for number in range(int(8000 * seconds)))
        sound.writeframes(b"".join(struct.pack("<h", each) for each in waves))
    return buffer.getvalue()


def words() -> Iterator[Any]:
    yield "Text may stand between *any* of these."
    yield chat.Text("Plain text keeps\n    its   spaces.")
    yield chat.Code(CODE, "python", title="fibonacci.py")
    yield chat.HTML("<table><tr><th>HTML</th><td>of which only what is <em>harmless</em> is shown</td></tr></table>")
    yield chat.JSON(ORDER, title="An order")


def pictures() -> Iterator[Any]:
    yield chat.Image(
        drawings.landscape(1), name="hills.svg", alt="Hills below a low sun", caption="Hills", width=720, height=400
    )
    yield chat.Gallery(
        [
            chat.Image(drawings.landscape(seed), name=f"{seed}.svg", alt=f"Hills, number {seed}", width=400, height=300)
            for seed in range(2, 8)
        ]
    )


def media() -> Iterator[Any]:
    yield chat.Audio(tone(), name="tone.wav")
    yield chat.Video("project/sunset.webm", name="sunset.webm", width=320, height=180)
    yield chat.PDF(drawings.page("A document of one page"), name="page.pdf")
    yield chat.File(b"city,people\nOslo,709037\n", name="cities.csv")


def tables() -> Iterator[Any]:
    yield chat.Table(orders(100_000), ["number", "customer", "total", "date", "paid"], title="Orders")
    yield chat.Table(CITIES)
    yield chat.Record(CITIES[0], title="A single city")


def plots() -> Iterator[Any]:
    yield from drawings.figures()
    yield chat.Frame(PAGE, title="A document", height=120)


def layouts() -> Iterator[Any]:
    yield chat.Row("Beside each other, where there is room.", chat.Code("x = 1", "python"))
    yield chat.Tabs(("Cities", chat.Table(CITIES)), ("Code", chat.Code(CODE, "python")), ("Text", "Just **text**."))
    yield chat.Accordion({"First": "Open.", "Second": chat.Column("Closed,", "at first."), "Third": ORDER})
    yield chat.Progress(30, 100, "Reading the files")
    yield chat.Progress(label="Waiting for the printer")


KINDS = {"words": words, "pictures": pictures, "media": media, "tables": tables, "plots": plots, "layouts": layouts}


@chat.register(
    title="Gallery",
    description=f"Shows every kind of component. Say one of *{', '.join(KINDS)}*; anything else shows all of them.",
    yields="tokens",
)
def gallery(message: str) -> Iterator[Any]:
    for name in [message] if message in KINDS else KINDS:
        yield f"\n\n## {name.capitalize()}\n\n"
        yield from KINDS[name]()


@dataclass
class Parcel:
    """What somebody has sent, whatever it is."""

    content: str


def number(parcel: Parcel) -> str:
    """Fails for what is no number, so that the next renderer is asked."""
    return f"The number **{float(parcel.content):,}**"


def rows(parcel: Parcel) -> Any:
    """Declines what has no rows: then the parcel is shown as everything else of its type."""
    found = list(csv.DictReader(io.StringIO(parcel.content)))
    return chat.Column(f"Found {len(found)} rows.", chat.Table(found)) if found else None


@chat.register(
    title="Renderers",
    description="Tries its renderers in turn: a number is spelled out, lines with commas become a table.",
    renderers=[number, rows],
)
def renderers(message: str) -> Parcel:
    return Parcel(message)


@chat.register(
    title="Spreadsheet",
    description="Drop a CSV file: it is sorted, filtered and paged on the server, be it of 100,000 rows.",
    multimodal=True,
    file_types=[".csv"],
    max_files=1,
)
def spreadsheet(message: chat.MultimodalMessage) -> str | chat.Table:
    if not message["files"]:
        return "Please send a CSV file."
    with message["files"][0].open() as opened:
        return chat.Table(opened.read(), title=str(opened.name))


CONFETTI = """<p>The confetti is thrown by a script of another host.</p>
<script src="https://cdn.jsdelivr.net/npm/canvas-confetti@1.9.3/dist/confetti.browser.min.js"></script>
<script>window.confetti?.({particleCount: 200, spread: 100})</script>"""


@chat.register(
    title="Confetti",
    description="A document in a frame may load from the hosts in `frame_sources`, and from no other.",
    frame_sources=["https://cdn.jsdelivr.net"],
    yields="tokens",
)
def confetti(message: str) -> Iterator[Any]:
    yield f"Congratulations on **{message}**!"
    yield chat.Frame(CONFETTI, title="Confetti", height=240)


@chat.register(
    title="Behind glass",
    description="A picture, a table and a tone to be looked at and listened to, without a button that saves them.",
    allow_file_downloads=False,
    yields="tokens",
)
def behind_glass(message: str) -> Iterator[Any]:
    yield chat.Image(drawings.landscape(7), name="hills.svg", alt="Hills by night", width=720, height=400)
    yield chat.Table([{"year": year, "visitors": year * 7 % 400} for year in range(1990, 2025)], title="Visitors")
    yield chat.Audio(tone(), name="tone.wav")
