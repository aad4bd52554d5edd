"""Profile builds: upstream's `--enable-optimizations`, trained with our own task (profile_task.py).

Upstream's Makefile builds with counters, runs PROFILE_TASK, and builds again with what was counted; its
stamps say how far it came.  It does not notice that a source has changed since: the compiler would refuse the
counts of a function that is another one now.  So a changed source ends the profile, and the next make
collects a new one.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from .common import TOP

TASK = TOP / "Tools/build/profile_task.py"
_STAMPS = ("profile-run-stamp", "profile-gen-stamp", "profile-clean-stamp")


def is_wanted(options: list[str]) -> bool:
    """Whether upstream's configure is asked for a profile build; the last word counts."""
    wanted = False
    for option in options:
        name, _, value = option.partition("=")
        if name == "--enable-optimizations":
            wanted = value != "no"
        elif name == "--disable-optimizations":
            wanted = False
    return wanted


def with_task(options: list[str], mode: str) -> list[str]:
    """Return the options with our task, where the JIT is built, unless another task is given."""
    given = any(option.startswith("PROFILE_TASK=") for option in options)
    if mode == "no" or given or not is_wanted(options):
        return options
    # Upstream's Makefile hands it to a shell.
    return [*options, f"PROFILE_TASK={shlex.quote(str(TASK)).replace('$', '$$')}"]


def forget(tree: Path, changed: list[str]) -> None:
    """End the profile of a tree where a source was `changed` after it was collected."""
    sources = [name for name in changed if name.endswith((".c", ".h", ".mk", ".in"))]
    if sources and (tree / _STAMPS[0]).exists():
        print(f"{tree}: {sources[0]} changed: the profile is collected anew", flush=True)
        for name in _STAMPS:
            (tree / name).unlink(missing_ok=True)
