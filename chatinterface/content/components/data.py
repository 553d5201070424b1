"""What values that a callback has become, where it returns them as they are."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core.files import File as DjangoFile

from chatinterface.content import media
from chatinterface.content.components.base import Component
from chatinterface.content.components.facts import Record
from chatinterface.content.components.media import PDF, Audio, File, Image, Video
from chatinterface.content.components.origins import beginning
from chatinterface.content.components.plots import Plot, drawn, is_matplotlib
from chatinterface.content.components.shown import represented
from chatinterface.content.components.structure import JSON
from chatinterface.content.components.table import Table
from chatinterface.content.conversion import converts
from chatinterface.content.notebook import shows_itself
from chatinterface.content.tables import querysets


@converts("pandas.DataFrame", "pandas.Series", "polars.DataFrame", "polars.Series", "polars.LazyFrame")
def frame(value: Any) -> Table:
    """A frame is a table."""
    return Table(value)


@converts("django.db.models.query.QuerySet")
def queryset(value: Any) -> Table:
    """What a queryset finds is a table."""
    return Table(value, title=str(value.model._meta.verbose_name_plural).capitalize())


@converts("django.db.models.base.Model")
def instance(value: Any) -> Record:
    """An instance of a model is its name, and those of its fields that are loaded and hold no secret."""
    return Record(querysets.pairs(value), title=str(value))


@converts("PIL.Image.Image")
def picture(value: Any) -> Image:
    """A picture of Pillow's."""
    return Image(value)


@converts("matplotlib.figure.FigureBase", "plotly.basedatatypes.BaseFigure", "altair.TopLevelMixin", "folium.Map")
def figure(value: Any) -> Plot:
    """A figure is a plot."""
    return Plot(value)


@converts.when(lambda value: type(value).__module__.startswith("matplotlib.") and is_matplotlib(value))
def axes(value: Any) -> Plot:
    """Something drawn by matplotlib stands for the figure that it is in."""
    return Plot(drawn(value))


@converts(dict, list, tuple, set, frozenset)
def data(value: Any) -> JSON:
    """Lists and dicts are a tree."""
    return JSON(value)


@converts.when(lambda value: dataclasses.is_dataclass(value) and not isinstance(value, type))
def record(value: Any) -> JSON:
    """An instance of a dataclass is a tree of its fields."""
    return JSON(value)


@converts(bytes, bytearray, memoryview)
def raw(value: Any) -> Component:
    """Bytes are what their content says: a picture, sound, film, a document, or a file to be saved."""
    return medium(bytes(value))


@converts(DjangoFile)
def django_file(value: Any) -> Component:
    """A file of Django's is what its content says."""
    if not value:
        raise NotImplementedError  # a FileField that holds none
    return medium(value, str(getattr(value, "name", "") or ""))


@converts("pathlib.PurePath")
def path(value: Any) -> Component:
    """A path stands for the file that is there."""
    if not value.is_file():
        raise NotImplementedError
    return medium(value, value.name)


@converts.when(shows_itself)
def notebook(value: Any) -> Component:
    """What shows itself in notebooks is shown as it does there, its HTML in a frame."""
    shown = represented(value)
    if shown is None:
        raise NotImplementedError
    return shown


def medium(source: Any, name: str = "") -> Component:
    """The component for a file, by what it begins with."""
    kind = media.content_type(beginning(source, media.HEAD), name)
    component = next((shown for kinds, shown in _MEDIA if kind in kinds), File)
    return component(source)


_MEDIA: list[tuple[Any, Any]] = [(media.IMAGES, Image), (media.AUDIO, Audio), (media.VIDEO, Video), ({media.PDF}, PDF)]
