"""pycore_uop_ids.h and pycore_uop_metadata.h: what upstream's statistics call uops.

In this fork a trace is made of bytecode instructions and of trace operations.  Pystats (configure
--enable-pystats) counts both in one table, so both have a number there: an instruction its opcode, a trace
operation one from 256 on; those for which the table has no room are counted together.  Nothing else of
upstream's uop tables has a reader.
"""

from __future__ import annotations

from .model import Model
from .output import Writer

FIRST_TRACE_OP = 256
PYSTATS_MAX_UOP_ID = 512  # Include/cpython/pystats.h


def uop_id(index: int) -> int:
    """The number of trace operation INDEX."""
    return min(FIRST_TRACE_OP + index, PYSTATS_MAX_UOP_ID)


def uop_ids(model: Model) -> str:
    w = Writer("uops")
    with w.guard("Py_CORE_UOP_IDS_H", core=True):
        for i, op in enumerate(model.trace_ops):
            w.line(f"#define _TRACE_{op.name} {uop_id(i)}")
        w.line(f"#define MAX_UOP_ID {uop_id(len(model.trace_ops) - 1)}")
    return w.text()


def uop_metadata(model: Model) -> str:
    w = Writer("uops")
    with w.guard("Py_CORE_UOP_METADATA_H", core=True):
        w.put('#include "pycore_uop_ids.h"', "")
        w.put("extern const char * const _PyOpcode_uop_name[MAX_UOP_ID + 1];", "#ifdef NEED_OPCODE_METADATA")
        with w.block("const char * const _PyOpcode_uop_name[MAX_UOP_ID + 1] = {", "};"):
            for name, number in sorted(model.numbering.numbers.items(), key=lambda item: item[1]):
                if number < FIRST_TRACE_OP:
                    w.line(f'[{number}] = "{name}",')
            for i, op in enumerate(model.trace_ops):
                if uop_id(i) < PYSTATS_MAX_UOP_ID:
                    w.line(f'[_TRACE_{op.name}] = "{op.name}",')
            if uop_id(len(model.trace_ops) - 1) == PYSTATS_MAX_UOP_ID:
                w.line('[MAX_UOP_ID] = "OTHERS",')
        w.line("#endif")
    return w.text()
