"""The folders of Python/jit are floors: includes and calls go downwards, and not around a folder's header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from Tools.build.common import TOP

from .conftest import write

# From the bottom up: the folder, and its header for the floors above.
FLOORS = {
    "objects": "Include/internal/pycore_jit_helpers.h",
    "ir": "Include/internal/pycore_jit_ir.h",
    "base": "Include/internal/pycore_jit_engine.h",
    "machine": "Python/jit/machine/machine.h",
    "run": "Python/jit/run/run.h",
    "optimize": "Python/jit/optimize/optimize.h",
    "build": "Python/jit/build/build.h",
    "record": "Python/jit/record/record.h",
    "engine": "Python/jit/engine/engine.h",
}
HEIGHT = {folder: height for height, folder in enumerate(FLOORS)}
OWNER = {header: folder for folder, header in FLOORS.items()}

# Calls that go upwards all the same: file, name, and why.
UPWARDS = {
    ("Python/jit/run/interpreter.c", "_PyJit_ColdExit"): "what machine code jumps to when it leaves, too",
    (
        "Python/jit/run/restore.c",
        "_Py_Executors_InvalidateAll",
    ): "memory is short: the recording ends as well",
}

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_INCLUDE = re.compile(r'^#\s*include "([^"]+)"', re.MULTILINE)
# As the sources are written: the name of a function begins a line, behind that of its type; data is in one.
_FUNCTION = re.compile(r"^(?!static\b)[\w ]+[ *]*\n(_Py\w+)\([^;{]*\)\n\{", re.MULTILINE)
_DATA = re.compile(
    r"^(?!static\b|extern\b|typedef\b)\w[\w *]*?\b(_Py\w+)(?:\[[^\]\n]*\])*(?: =|;)", re.MULTILINE
)
_BODY = re.compile(r"^\{\n.*?^\}", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\b_Py\w+")


def _sources(top: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the path, folder and text, without comments, of all files on a floor."""
    paths = [*(top / "Python/jit").rglob("*.[ch]"), *(top / header for header in FLOORS.values())]
    for path in sorted({path for path in paths if path.exists()}):
        name = str(path.relative_to(top))
        yield name, OWNER.get(name, path.parent.name), _COMMENT.sub("", path.read_text())


def _include_problem(name: str, folder: str, included: str, ours: set[str]) -> str | None:
    path = f"Python/{included}" if included.startswith("jit/") else f"Include/internal/{included}"
    if not included.startswith("jit/") and path not in OWNER:
        other = f"Python/jit/{folder}/{included}"
        return f"{name}: {included} is to be named by its place, jit/{folder}/" if other in ours else None
    owner = OWNER.get(path, Path(path).parent.name)
    if owner not in HEIGHT:
        return f"{name}: {included} is on no floor"
    if HEIGHT[owner] > HEIGHT[folder]:
        return f"{name}: {included} is above it, in {owner}"
    if name.startswith("Include/") and path not in OWNER:
        return f"{name}: {included} is private to Python/jit"
    if owner != folder and path not in OWNER:
        return f"{name}: {included} is private to {owner}, whose header is {Path(FLOORS[owner]).name}"
    return None


def problems(top: Path, upwards: dict[tuple[str, str], str]) -> list[str]:
    """Return what goes upwards or around a header below `top`, and what of `upwards` does not."""
    sources = list(_sources(top))
    ours = {name for name, _, _ in sources}
    found = [f"{name}: {folder} is no floor" for name, folder, _ in sources if folder not in HEIGHT]
    sources = [source for source in sources if source[1] in HEIGHT]
    defined = {
        symbol: folder
        for _, folder, text in sources
        for pattern in (_FUNCTION, _DATA)
        for symbol in pattern.findall(text)
    }
    unused = dict(upwards)
    for name, folder, text in sources:
        for included in _INCLUDE.findall(text):
            problem = _include_problem(name, folder, included, ours)
            found += [problem] if problem is not None else []
        # A header may declare what is above it, for compiled code and for upstream's; it may not call it.
        code = text if name.endswith(".c") else "".join(_BODY.findall(text))
        for symbol in sorted(set(_NAME.findall(code))):
            above = defined.get(symbol, folder)
            if HEIGHT[above] > HEIGHT[folder] and unused.pop((name, symbol), None) is None:
                found.append(f"{name}: {symbol} is above it, in {above}")
    return found + [f"{name}: {symbol} does not go upwards any more" for name, symbol in unused]


def test_all_goes_downwards() -> None:
    assert problems(TOP, UPWARDS) == []


def test_all_functions_are_seen() -> None:
    """What the check does not see as a definition it could not report."""
    for name, folder, text in _sources(TOP):
        for symbol in re.findall(r"^(_Py\w+)\(", text, re.MULTILINE) if name.endswith(".c") else []:
            static = re.search(rf"^static .*\n{symbol}\(", text, re.MULTILINE)
            assert static or symbol in _FUNCTION.findall(text), (folder, name, symbol)


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        (
            "Python/jit/run/a.c",
            '#include "jit/record/record.h"\n',
            "jit/record/record.h is above it, in record",
        ),
        ("Python/jit/ir/a.c", '#include "pycore_jit_engine.h"\n', "pycore_jit_engine.h is above it, in base"),
        (
            "Python/jit/record/a.c",
            '#include "jit/build/b.h"\n',
            "jit/build/b.h is private to build, whose header is build.h",
        ),
        ("Python/jit/build/a.c", '#include "b.h"\n', "b.h is to be named by its place, jit/build/"),
        ("Python/jit/run/a.c", '#include "jit/attic/b.h"\n', "jit/attic/b.h is on no floor"),
        ("Python/jit/attic/a.c", "", "attic is no floor"),
        (
            "Include/internal/pycore_jit_engine.h",
            '#include "jit/base/b.h"\n',
            "jit/base/b.h is private to Python/jit",
        ),
        (
            "Python/jit/run/a.c",
            "int\nf(void)\n{\n    return _PyJit_Record();\n}\n",
            "_PyJit_Record is above it, in record",
        ),
        (
            "Python/jit/run/a.h",
            "static int\nf(void)\n{\n    return _PyJit_data[0];\n}\n",
            "_PyJit_data is above it, in record",
        ),
    ],
)
def test_what_goes_upwards_is_found(tmp_path: Path, path: str, text: str, problem: str) -> None:
    write(
        tmp_path / "Python/jit/record/z.c", "int _PyJit_data[2] = {1, 2};\n\nint\n_PyJit_Record(void)\n{\n}\n"
    )
    write(tmp_path / "Python/jit/build/b.h", "")
    write(tmp_path / path, text)
    assert problems(tmp_path, {}) == [f"{path}: {problem}"]


def test_what_goes_downwards_is_right(tmp_path: Path) -> None:
    write(tmp_path / "Python/jit/run/z.c", "int\n_PyJit_Run(void)\n{\n}\n")
    includes = '#include "Python.h"\n#include "jit/run/run.h"\n#include "pycore_jit_ir.h"\n'
    text = includes + "// _PyJit_Own\nint\n_PyJit_Own(void)\n{\n    _PyJit_Run();\n}\n"
    write(tmp_path / "Python/jit/record/a.c", text)
    write(tmp_path / "Python/jit/run/run.h", "int _PyJit_Own(void);\n/* {\n_PyJit_Own()\n} */\n")
    assert problems(tmp_path, {}) == []
    assert problems(tmp_path, {("Python/jit/run/z.c", "_PyJit_Own"): "why"}) == [
        "Python/jit/run/z.c: _PyJit_Own does not go upwards any more"
    ]


def test_a_name_says_which_file() -> None:
    """The log and the reasons of opaque instructions name files; and a library has one object of a name."""
    names = [path.name for path in (TOP / "Python/jit").rglob("*.[ch]")]
    assert sorted(names) == sorted(set(names))
