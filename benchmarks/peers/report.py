"""All contenders in one table: medians, how they compare with this project's, and how far the rounds lie apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

# Each contender's figures, one value a round.
Results = dict[str, dict[str, list[float]]]

# Whom the others are compared with.
OURS = "chat"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; with ``cut``, the name of the figure that says that a value is of a reply that was cut off."""

    figure: str
    title: str
    cut: str = ""


ROWS = (
    Row("first_text_ms", "Enter to first text, ms"),
    Row("first_text_lost", "of 15 such Enters, lost"),
    Row("tokens_2000_per_s", "2,000 tokens: tokens a second", "tokens_2000_cut"),
    Row("tokens_10000_per_s", "10,000 tokens: tokens a second", "tokens_10000_cut"),
    Row("main_thread_ms_a_token", "500 tokens: main thread of the page a token, ms"),
    Row("cpu_ms_a_token", "500 tokens: server CPU a token, ms"),
    Row("bytes_a_token", "500 tokens: bytes received a token"),
    Row("gap_p50_ms", "tokens 20 ms apart: gap p50, ms"),
    Row("gap_p95_ms", "tokens 20 ms apart: gap p95, ms"),
    Row("gap_max_ms", "tokens 20 ms apart: longest gap, ms"),
    Row("smooth_cpu_ms_a_token", "tokens 20 ms apart: server CPU a token, ms"),
    Row("load_kb", "first load, kB"),
    Row("load_requests", "first load, requests"),
    Row("load_usable_ms", "first load, input usable, ms"),
    Row("load_lost", "first load, Enters lost that are pressed at once"),
    Row("idle_mb", "memory, idle, MB"),
    Row("conversation_mb", "memory, each of 20 conversations, MB"),
    Row("crowd_first_p95_ms", "20 at once: Enter to first text, p95, ms"),
    Row("crowd_gap_p95_ms", "20 at once: gap p95, ms"),
    Row("crowd_slowest_s", "20 at once: 200 tokens 20 ms apart, slowest, s"),
    Row("crowd_cpu_ms_a_token", "20 at once: server CPU a token, ms"),
    Row("failures", "measures failed, or replies not complete and in order"),
)


def table(results: Results) -> str:
    """A Markdown table, a column for each contender: *median ×ratio (least–most)*; "–" where nothing was measured."""
    lines = [f"| | {' | '.join(results)} |", f"|---|{'--:|' * len(results)}"]
    for row in ROWS:
        if any(row.figure in each for each in results.values()):
            ours = results.get(OURS, {}).get(row.figure)
            cells = [_cell(row, each, ours if name != OURS else None) for name, each in results.items()]
            lines.append(f"| {row.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: Row, figures: Mapping[str, list[float]], ours: list[float] | None) -> str:
    values = figures.get(row.figure)
    if not values:
        return "–"
    middle = median(values)
    cell = shown(middle) + ("†" if figures.get(row.cut) else "")
    if ours and median(ours):
        cell += f" ×{shown(middle / median(ours), 2)}"
    if max(values) > min(values):
        cell += f" ({shown(min(values))}–{shown(max(values))})"
    return cell


def shown(value: float, digits: int = 3) -> str:
    """A number to so many significant digits, none of them behind an exponent."""
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
