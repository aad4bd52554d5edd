"""mypy: checks a module, with the standard library's types in its cache and the module changed each time."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from mypy import build, main

SOURCE = """
from dataclasses import dataclass, field
from typing import Generic, Iterable, Protocol, TypeVar

T = TypeVar("T")

class Sized(Protocol):
    def size(self) -> int: ...

@dataclass
class Box(Generic[T]):
    content: T
    label: str = "box"
    tags: list[str] = field(default_factory=list)

    def size(self) -> int:
        return len(self.label)

    def replace(self, content: T) -> "Box[T]":
        return Box(content, self.label, self.tags + ["replaced"])

def total(items: Iterable[Sized]) -> int:
    return sum(item.size() for item in items)

def find_{n}(boxes: dict[str, Box[int]], key: str, *, default: int | None = None) -> int:
    box = boxes.get(key)
    if box is None:
        if default is None:
            raise KeyError(key)
        return default
    values = [value + 1 for value in range(box.content) if value % 2]
    pairs = {{value: str(value) for value in values}}
    try:
        first, *rest = sorted(pairs)
    except ValueError as error:
        return str(error)
    return box.replace(first).content + len(rest) + total([box, Box("x")])
"""
SOURCE += "".join(
    SOURCE[SOURCE.index("def find_") :].replace("find_{n}", f"find_{{n}}_{part}") for part in range(6)
)
SCRATCH = tempfile.TemporaryDirectory(prefix="app-mypy-")  # gone when the process ends
FOLDER = Path(SCRATCH.name)
NUMBER = itertools.count()


def run() -> object:
    n = next(NUMBER)
    path = FOLDER / "checked.py"
    path.write_text(SOURCE.replace("{n}", str(n)).replace("{{", "{").replace("}}", "}"))
    sources, options = main.process_options(["--strict", "--cache-dir", str(FOLDER / "cache"), str(path)])
    errors = build.build(sources, options).errors
    return [line.replace(str(FOLDER), "") for line in errors]
