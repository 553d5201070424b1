"""Which icons there are, by the names that Panel uses: Tabler's."""

from __future__ import annotations

from tablericons import IconDoesNotExist, _load_icon


def variants(name: str) -> tuple[str, str] | None:
    """The outlined and the filled icon of a name; the outlined one twice where it has no other, None where neither is.

    ``heart-filled`` means the filled one in both places.
    """
    filled = f"filled/{name.removesuffix('-filled')}"
    outline = filled if name.endswith("-filled") else f"outline/{name}"
    if not _exists(outline):
        return None
    return outline, filled if _exists(filled) else outline


def _exists(name: str) -> bool:
    try:
        _load_icon(name)
    except IconDoesNotExist:
        return False
    return True
