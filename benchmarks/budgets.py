"""What has to be reached, and whether it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from project.instruments import tokens


@dataclass(frozen=True, slots=True)
class Budget:
    """An upper limit of one figure: a number, or with `of_floor` a multiple of the floor's in the same run."""

    figure: str
    title: str
    limit: float
    of_floor: bool = False

    def allowed(self, floor: Mapping[str, float]) -> float:
        """The limit as a number."""
        return self.limit * floor[self.figure] if self.of_floor else self.limit


BUDGETS = (
    Budget("first_text_ms", "Enter to the first text, median, ms", 20),
    Budget("tokens_2000_s", "2,000 tokens complete, s", 0.25),
    Budget("tokens_growth", "10,000 tokens, as a multiple of that", 5.5),
    Budget("gap_p95_ms", "tokens 20 ms apart: gap p95, ms", 40),
    Budget("gap_max_ms", "tokens 20 ms apart: longest gap, ms", 80),
    Budget("smooth_cpu_s", "300 such tokens: server CPU, s", 2, of_floor=True),
    Budget("main_thread_s", "2,000 tokens: main thread of the page, s", 1, of_floor=True),
    *(
        Budget(f"wire_{shape}_{count}", f"bytes received for {count:,} tokens ({shape}), × the text", 3)
        for shape in tokens.SHAPES
        for count in (2000, 8000)
    ),
    Budget("history_growth", "server CPU with 500 earlier messages, × with none", 1.2),
    Budget("open_1000_ms", "opening 1,000 messages, server, ms", 300),
    Budget("open_1000_messages", "messages in that page", 50),
    Budget("load_kb", "first load, kB", 120),
    Budget("load_requests", "first load, requests", 12),
    Budget("load_usable_ms", "first load, input usable, ms", 400),
    Budget("load_lost", "first load, Enters lost that are pressed at once", 0),
)
