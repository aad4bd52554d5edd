"""Runs inside the counted interpreter: one benchmark script for a while, then writes what its traces are.

    python counted.py JOB.json OUT.json

JOB: script, for_pyperf, args, library (as in worker.py), seconds (of processor time, of each benchmark),
dump (a path for the graph of traces).  OUT: metadata, the bytes of metadata of all traces.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

# Our own modules only while they are imported: a benchmark must not find this tree on its path.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from Tools.bench import worker  # noqa: E402

del sys.path[0]


class Session:
    """Runs each benchmark that a script names, as often as its time allows."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def run(
        self, name: str, timed: Callable[[int], tuple[float, object]], function: object, scale: float
    ) -> None:
        del name, function, scale
        end = time.process_time() + self.seconds
        while time.process_time() < end:
            timed(1)


def main() -> None:
    job_path, out_path = sys.argv[1:]
    with open(job_path, encoding="utf-8") as source:
        job: dict[str, Any] = json.load(source)
    if job["library"]:
        sys.path.append(job["library"])
    session: Any = Session(job["seconds"])
    with contextlib.redirect_stdout(io.StringIO()):
        if job["for_pyperf"]:
            worker.run_pyperformance(job["script"], job["args"], session)
        else:
            worker.run_own(job["script"], session)
    system: Any = sys
    system._dump_tracelets(job["dump"])
    with open(out_path, "w", encoding="utf-8") as out:
        json.dump({"metadata": system._jit.stats()["metadata_bytes"]}, out)


if __name__ == "__main__":
    main()
