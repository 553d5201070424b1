"""What the gallery shows, drawn without a file: hills, a page, and figures of the libraries that are installed."""

import random
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def landscape(seed: int) -> bytes:
    """Hills below a sun, as a drawing."""
    chance = random.Random(seed)
    sky, sun = chance.choice([("#dbe7f3", "#f4c95d"), ("#f3dfd3", "#e2725b"), ("#d9e8df", "#f0e2a8")])
    hue = 150 + seed * 17
    hills = ""
    for layer, top in enumerate((190, 220, 255)):
        curve = f"M0 {top} Q{chance.randint(60, 180)} {top - chance.randint(30, 90)} 400 {top} V300 H0Z"
        hills += f'<path d="{curve}" fill="hsl({hue} 25% {62 - layer * 13}%)"/>'
    circle = f'<circle cx="{chance.randint(60, 340)}" cy="{chance.randint(60, 120)}" r="34" fill="{sun}"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" preserveAspectRatio="xMidYMid slice">'
        f'<rect width="400" height="300" fill="{sky}"/>{circle}{hills}</svg>'
    ).encode()


def page(text: str) -> bytes:
    """A PDF of one page that says this."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(written)
    return written + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


def figures() -> Iterator[Any]:
    """One of each library that is installed."""
    if find_spec("matplotlib"):
        figure = import_module("matplotlib.figure").Figure(figsize=(6, 3.4))
        axes = figure.subplots()
        axes.plot([1, 4, 2, 5, 3], marker="o")
        axes.set_title("A figure of matplotlib")
        axes.grid(alpha=0.3)
        yield figure
    if find_spec("plotly"):
        plotly = import_module("plotly.graph_objects")
        yield plotly.Figure(plotly.Bar(x=["a", "b", "c"], y=[3, 1, 2]), {"title": "A figure of plotly"})
    if find_spec("altair") and find_spec("vl_convert"):
        altair = import_module("altair")
        data = altair.Data(values=[{"x": letter, "y": height} for letter, height in zip("abc", (2, 5, 3), strict=True)])
        yield altair.Chart(data, title="A chart of altair").mark_bar().encode(x="x:N", y="y:Q")
