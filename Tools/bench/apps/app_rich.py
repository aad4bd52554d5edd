"""Rich: a table with markup, word wrap and colours, and highlighted JSON, printed to a string."""

from __future__ import annotations

import io
import json

from rich.console import Console
from rich.table import Table

WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "runs", "away"]
ROWS = [
    (str(n), f"[bold]{WORDS[n % 12]}[/] [red]{n * 3}[/red]", " ".join(WORDS[: n % 12 + 1]), f"{n / 7:.3f}")
    for n in range(80)
]
DATA = json.dumps([{"id": n, "name": WORDS[n % 12], "ratio": n / 3, "none": None} for n in range(10)])


def run() -> object:
    out = io.StringIO()
    console = Console(
        file=out, width=70, force_terminal=True, color_system="truecolor", legacy_windows=False, _environ={}
    )
    table = Table(title="A [i]table[/i]", show_lines=True)
    for name in ("number", "name", "text", "ratio"):
        table.add_column(name, style="cyan" if name == "number" else "")
    for row in ROWS:
        table.add_row(*row)
    console.print(table)
    console.print_json(DATA)
    return out.getvalue()
