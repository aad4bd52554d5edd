"""Builds jit_stencils.h: every operation of a trace as machine code with holes.

See InternalDocs/stencils.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.jit.stencils.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
