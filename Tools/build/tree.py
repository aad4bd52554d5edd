"""Run upstream's configure in a build tree when the choices changed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from .common import BuildError, write_atomic

_STAMP = ".configured"


def configure(tree: Path, options: list[str], mode: str) -> bool:
    """Configure a tree unless it is configured with exactly these; return whether it was done.

    Object files know nothing of the compiler's options, so when the choices change they are removed first.
    """
    stamp = tree / _STAMP
    # `mode` is not an option of upstream's configure here, but it changes every object.
    key = json.dumps({"options": options, "mode": mode}, indent=1) + "\n"
    if stamp.exists() and stamp.read_text() == key and (tree / "Makefile").exists():
        return False
    stamp.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in _MAKE_VARIABLES}
    if (tree / "Makefile").exists():
        subprocess.run(
            ["make", "-s", "clean"], cwd=tree, env=environment, check=False, stdout=subprocess.DEVNULL
        )
        (tree / "Makefile").unlink()
    print(f"configuring {tree}", flush=True)
    done = subprocess.run(["./configure", *options], cwd=tree, env=environment, check=False)
    if done.returncode:
        raise BuildError(f"upstream's configure failed in {tree} (its log: {tree / 'config.log'})")
    write_atomic(stamp, key.encode())
    return True


# A make that runs this must not hand its own flags and job server to the nested one.
_MAKE_VARIABLES = frozenset(("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"))
