"""Where the unpacked base release is: the environment variable CPYTHON_BASE.

Tests that read it are marked `needs_base`.  Without the variable they are deselected, with a line that says
so; with a wrong one they fail.  CI sets it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "CPYTHON_BASE"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs_base: reads the unpacked base release named by CPYTHON_BASE")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(VARIABLE):
        return
    without = [item for item in items if item.get_closest_marker("needs_base")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]
        config.stash[_DESELECTED] = len(without)


_DESELECTED = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = config.stash.get(_DESELECTED, 0)
    if count:
        terminalreporter.write_line(
            f"{count} tests of the generator not run: set {VARIABLE} to an unpacked base release"
        )


@pytest.fixture(scope="session")
def base() -> Path:
    path = Path(os.environ[VARIABLE])
    if not (path / "Python" / "bytecodes.c").is_file():
        pytest.fail(
            f"{VARIABLE}={path} is not an unpacked base release: no Python/bytecodes.c", pytrace=False
        )
    return path
