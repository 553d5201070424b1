"""How long is a text to JavaScript, and where do two texts part?"""

# Long enough that comparing slices is the work, short enough that a difference near the start costs little.
STRIDE = 1024


def units(text: str) -> int:
    """Return the text's length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def common_prefix(first: str, second: str) -> int:
    """Return how many characters two texts have in common at their start."""
    low, high = 0, min(len(first), len(second))
    while low + STRIDE < high and first.startswith(second[low : low + STRIDE], low):
        low += STRIDE
    high = min(high, low + STRIDE)
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
