"""What a jit_stencils.h was made from, written into it, so that it can be used where there is no clang.

The digest of cli.py is of what clang reads, and only clang can say that again.  This one is of files and
options, which every build tree has: each file clang read, the configuration's options that change what it
read, and the text of the header itself.  Names stand beside the digests, so that a refusal can say what
differs.

The system's own headers are not among them: they differ from one machine to the next, and the stencils need
not.  What of them matters is the size of structures, and the header asks the compiler for those (LAYOUTS).
"""

import dataclasses
import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from .errors import BuildError

SOURCES = Path(__file__).resolve().parents[1]  # Tools/jit
# Written by configure, different on every machine: OPTIONS has what matters of it.
CONFIGURATION = "pyconfig.h"
OPTIONS = (
    "EXPERIMENTAL_ISOLATED_SUBINTERPRETERS",
    "PYLONG_BITS_IN_DIGIT",
    "Py_DEBUG",
    "Py_GIL_DISABLED",
    "Py_HASH_ALGORITHM",
    "Py_REF_DEBUG",
    "Py_STATS",
    "Py_TRACE_REFS",
    "WITH_DTRACE",
    "WITH_FREELISTS",
    "WITH_MIMALLOC",
    "WITH_PYMALLOC",
)
# Structures that stencils reach into, and those that hold the C library's types before what they reach.
LAYOUTS = (
    "sizeof(PyThreadState)",
    "sizeof(PyInterpreterState)",
    "sizeof(_PyRuntimeState)",
    "sizeof(_PyInterpreterFrame)",
    "sizeof(_PyExecutorObject)",
    "sizeof(_PyJitExit)",
    "sizeof(_PyJitTrace)",
    "sizeof(PyCodeObject)",
    "sizeof(PyTypeObject)",
    "sizeof(PyHeapTypeObject)",
    "sizeof(PyGenObject)",
    "sizeof(PyUnicodeObject)",
    "offsetof(PyThreadState, datastack_top)",
    "offsetof(PyInterpreterState, dtoa)",
    "offsetof(_PyRuntimeState, static_objects)",
)
LAYOUT_SOURCE = """\
#include "pycore_jit_bodies.h"
#include "jit/machine/machine.h"
const unsigned long long jit_layout[] = {{ {} }};
"""
LAYOUT_HEADER = "Include/internal/pycore_jit_bodies.h"
LAYOUT_SECTION = ".rodata.jit_layout"

_FIRST_LINE = "// Made by Tools/jit/build.py; do not edit.\n"
_ROW = re.compile(r"^//   (?P<name>.+) (?P<value>[\w-]+)$")
_END = "// end of what it was made from"
_CONTENT = "// content: "


@dataclasses.dataclass(frozen=True)
class Origin:
    """Digests of files, by their names in the tree or under Tools/jit, and values of options."""

    rows: dict[str, str]

    def lines(self) -> Iterator[str]:
        yield "// made from:"
        yield from (f"//   {name} {value}" for name, value in sorted(self.rows.items()))
        yield _END


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def dependencies(rule: str, tree: Path) -> list[str]:
    """The files of the tree in a make rule that clang wrote (-M)."""
    words = rule.partition(":")[2].replace("\\\n", " ").split()
    found = {Path(word).resolve() for word in words if word.startswith(str(tree))}
    return sorted(path.relative_to(tree).as_posix() for path in found if path.is_relative_to(tree))


def read(tree: Path, files: list[str], sources: Path = SOURCES) -> Origin:
    """What the tree has now; `files` are names in it.  A file that is gone has the digest "gone"."""
    rows = {f"option {name}": value for name, value in _options(tree).items()}
    for name in files:
        if name != CONFIGURATION:
            path = tree / name
            rows[name] = _digest(path.read_bytes()) if path.is_file() else "gone"
    for path in sorted([*sources.glob("*.c"), *sources.glob("*.h"), *sources.glob("stencils/*.py")]):
        rows[f"Tools/jit/{path.relative_to(sources).as_posix()}"] = _digest(path.read_bytes())
    return Origin(rows)


def _options(tree: Path) -> dict[str, str]:
    try:
        text = (tree / CONFIGURATION).read_text()
    except OSError as error:
        raise BuildError(f"{tree} is not a configured build tree: {error.strerror}: pyconfig.h") from error
    found = dict(re.findall(r"^#define (\w+)[ \t]+(\w+)$", text, re.MULTILINE))
    return {name: found.get(name, "no") for name in OPTIONS}


def layouts(data: bytes) -> list[str]:
    """The checks a header makes when it is compiled; `data` is the array of LAYOUT_SOURCE."""
    values = struct.unpack(f"<{len(LAYOUTS)}Q", data)
    text = "the stencils were made for another layout of structures: make them here, which needs clang"
    return [
        f'_Static_assert({what} == {value}, "{text}");' for what, value in zip(LAYOUTS, values, strict=True)
    ]


def seal(text: str) -> str:
    """The header with the digest of its own text on its second line."""
    assert text.startswith(_FIRST_LINE)
    rest = text.removeprefix(_FIRST_LINE)
    return f"{_FIRST_LINE}{_CONTENT}{hashlib.sha256(rest.encode()).hexdigest()}\n{rest}"


def check(path: Path, tree: Path, sources: Path = SOURCES) -> str:
    """The text of a prebuilt header that fits the tree; anything else is an error that says why not."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise BuildError(f"prebuilt stencils: {path}: {why}") from error
    head, _, rest = text.removeprefix(_FIRST_LINE).partition("\n")
    if not text.startswith(_FIRST_LINE) or not head.startswith(_CONTENT):
        raise BuildError(f"prebuilt stencils: {path} is no file that `make stencils` wrote")
    if head.removeprefix(_CONTENT) != hashlib.sha256(rest.encode()).hexdigest():
        raise BuildError(f"prebuilt stencils: {path} is damaged: its digest is not that of its text")
    there = dict(
        (match["name"], match["value"])
        for line in rest.partition(_END)[0].splitlines()
        if (match := _ROW.match(line))
    )
    files = [name for name in there if not name.startswith(("option ", "Tools/jit/"))]
    here = read(tree, files, sources).rows
    differs = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    if differs:
        shown = ", ".join(differs[:5]) + (f" and {len(differs) - 5} more" if len(differs) > 5 else "")
        raise BuildError(
            f"prebuilt stencils: {path} was made from other sources or options than these: {shown}.\n"
            "Take the file that was made with this version and these options, or build the stencils here:"
            " ./configure without --with-jit-stencils, with clang >= 19"
        )
    return text
