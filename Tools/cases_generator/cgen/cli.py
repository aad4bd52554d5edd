"""Command line: reads the definitions, reports mistakes, writes the generated files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .builder import Builder
from .dataflow import check_op
from .diagnostics import Diagnostics, Source
from .dispatch import opcode_targets
from .ids import opcode_ids, python_metadata
from .jit_opcodes import jit_opcodes
from .metadata import opcode_metadata
from .model import Model
from .opaque import opaque_cases
from .output import write_if_changed
from .parser import parse_file
from .tail_calls import tail_cases
from .tier1 import tier1_cases
from .uops import uop_ids, uop_metadata

Generator = Callable[[Model, Diagnostics], str]

OUTPUTS: dict[str, Generator] = {
    "Python/generated_cases.c.h": tier1_cases,
    "Python/tail_cases.c.h": tail_cases,
    "Python/opcode_targets.h": lambda model, _: opcode_targets(model),
    "Include/opcode_ids.h": lambda model, _: opcode_ids(model),
    "Include/internal/pycore_opcode_metadata.h": lambda model, _: opcode_metadata(model),
    "Include/internal/pycore_uop_ids.h": lambda model, _: uop_ids(model),
    "Include/internal/pycore_uop_metadata.h": lambda model, _: uop_metadata(model),
    "Include/internal/pycore_jit_opcodes.h": lambda model, _: jit_opcodes(model),
    "Python/jit_opaque_cases.c.h": opaque_cases,
    "Lib/_opcode_metadata.py": lambda model, _: python_metadata(model),
}


def read_model(sources: Sequence[Source], diagnostics: Diagnostics) -> Model:
    builder = Builder(diagnostics)
    for source in sources:
        builder.add(parse_file(source, diagnostics))
    model = builder.build()
    for op in model.ops:
        if op.definition.span.source.checked:
            check_op(op, diagnostics)
    return model


def generate(sources: Sequence[Source], diagnostics: Diagnostics) -> dict[str, str]:
    """The text of every output file; not to be used if `diagnostics` has found mistakes."""
    model = read_model(sources, diagnostics)
    if diagnostics:
        return {}  # the generators rely on what the checks of the model promise
    return {name: generator(model, diagnostics) for name, generator in OUTPUTS.items()}


def find_sources(base: Path, defs: Path) -> list[Source]:
    """Upstream's definitions, then ours in the order of their names."""
    upstream = base / "Python" / "bytecodes.c"
    found = [Source(str(upstream), upstream.read_text(encoding="utf-8"), checked=False)]
    for path in sorted(defs.glob("*.c")):
        found.append(Source(str(path), path.read_text(encoding="utf-8")))
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="generate.py", description="Generate the interpreter's cases and tables."
    )
    parser.add_argument(
        "--base", type=Path, required=True, help="unpacked upstream tree (its Python/bytecodes.c is read)"
    )
    parser.add_argument("--defs", type=Path, required=True, help="folder of our definitions")
    parser.add_argument("--out", type=Path, required=True, help="build tree to write into")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the files that changed")
    options = parser.parse_args(arguments)
    try:
        sources = find_sources(options.base, options.defs)
    except OSError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    diagnostics = Diagnostics()
    texts = generate(sources, diagnostics)
    if diagnostics:
        sys.stderr.write(diagnostics.render())
        return 1
    for name, text in texts.items():
        if write_if_changed(options.out / name, text) and options.verbose:
            print(f"wrote {name}")
    return 0
