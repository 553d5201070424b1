import re
from pathlib import Path

TEXT = Path(__file__).with_name("tour.md").read_text(encoding="utf-8")

# With the space behind each, so that they join to the text again.
WORDS = re.findall(r"\S+\s*", TEXT)
