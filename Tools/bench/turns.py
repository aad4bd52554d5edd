"""Runs a worker in each interpreter, all at the same time, of which one at a time goes on: they take turns.

What disturbs a machine lasts from a tenth of a second to minutes, so two processes that run one after the
other are measured on two machines.  Here each runs for one value (some 50 ms), then the next one does,
all on the same processor: the ratio of two neighbours is of the same moment.

A turn is one byte each way: the worker waits for one before it does anything, and sends one when it has
its value (worker.Turns).  A worker that ends has no more turns.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

WORKER = Path(__file__).resolve().parent / "worker.py"
LOOKED_AFTER = 1.0  # seconds, after which a process that says nothing is looked at
LAST_LINES = 6  # of what a failed worker wrote


class WorkerFailed(Exception):
    pass


@dataclass(frozen=True)
class Program:
    """What runs a worker: a name for messages, the interpreter, the whole environment."""

    name: str
    path: Path
    environment: Mapping[str, str]


class Worker:
    """One process, which waits for its turns; it is ended when the context is left."""

    def __init__(self, program: Program, job: dict[str, Any], time_limit: float) -> None:
        self.program = program
        self.time_left = time_limit
        self.time_limit = time_limit
        self.scratch = tempfile.TemporaryDirectory(prefix="bench-")
        self.folder = Path(self.scratch.name)
        theirs, self.gives = os.pipe()
        self.takes, other = os.pipe()
        job_path = self.folder / "job.json"
        job_path.write_text(json.dumps({**job, "turns": [theirs, other]}))
        try:
            with (self.folder / "errors.txt").open("wb") as errors:
                self.process = subprocess.Popen(
                    [program.path, WORKER, job_path, self.folder / "out.json"],
                    env=dict(program.environment),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    pass_fds=(theirs, other),
                )
        except OSError as error:
            self.close()
            raise self.failed(f"cannot be started: {error}") from None
        finally:
            os.close(theirs)
            os.close(other)

    def close(self) -> None:
        os.close(self.gives)
        os.close(self.takes)
        self.scratch.cleanup()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def failed(self, what: str) -> WorkerFailed:
        return WorkerFailed(f"{self.program.name}: {what}")

    def turn(self) -> bool:
        """Let it go on until it has a value; False when it has ended instead."""
        start = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            os.write(self.gives, b".")
        while not select.select([self.takes], [], [], LOOKED_AFTER)[0]:
            if self.process.poll() is not None:  # a child of it may hold the pipe open
                return False
            if time.monotonic() - start > self.time_left:
                raise self.failed(f"ran longer than {self.time_limit:.0f} s")
        self.time_left -= time.monotonic() - start
        return os.read(self.takes, 1) != b""

    def report(self) -> dict[str, Any]:
        """What a worker that has ended found."""
        out = self.folder / "out.json"
        if self.process.wait() != 0 or not out.exists():
            written = (self.folder / "errors.txt").read_bytes().decode(errors="replace")
            lines = written.strip().splitlines()[-LAST_LINES:]
            raise self.failed(f"exit code {self.process.returncode}\n    " + "\n    ".join(lines))
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def run(programs: Sequence[Program], job: dict[str, Any], time_limit: float) -> list[dict[str, Any]]:
    """The reports of one worker for each program; time_limit is of each, in seconds of its own turns.

    Raises WorkerFailed, with the name of the program, if one cannot be started, fails, or takes too long.
    """
    job = {**job, "processor": max(os.sched_getaffinity(0))}
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(program, job, time_limit)) for program in programs]
        waiting = workers
        while waiting:
            waiting = [worker for worker in waiting if worker.turn()]
        return [worker.report() for worker in workers]
