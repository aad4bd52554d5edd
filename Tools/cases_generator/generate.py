"""Writes everything that is generated from the instruction definitions.

See InternalDocs/cases_generator.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.cases_generator.cgen.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
