"""./python beside the build folder: starts the interpreter of the build tree.

Not a symbolic link: virtual environments made with it would take the link's folder for the home of the
build, and find no library there.  Not a copy or a hard link either: the interpreter looks for its build tree
beside itself.  So a program that executes the other.  On x86-64 Linux it is compiled (launcher.c); elsewhere
a shell script does the same, and costs a shell's start each time.
"""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from .common import TOP, BuildError, write_if_changed

SOURCE = TOP / "Tools/build/launcher.c"
# Nothing of the C library, and nothing a compiler might add that needs it.
_FLAGS = (
    "-std=gnu11 -O2 -Wall -Wextra -static -no-pie -fno-pie -nostdlib -ffreestanding -fno-stack-protector"
    " -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noexecstack -s"
)


def _c_string(text: str) -> str:
    """A C literal of a path, whatever bytes it has."""
    data = text.encode("utf-8", "surrogateescape")
    # Octal, because a hexadecimal escape swallows digits that follow.
    return '"' + "".join(f"\\{byte:03o}" for byte in data) + '"'


def compiled(program: Path, cc: str) -> bytes:
    """Return an executable that runs `program` with its own arguments and environment."""
    with tempfile.TemporaryDirectory(prefix="launcher-") as name:
        out = Path(name, "launcher")
        command = [*shlex.split(cc), *_FLAGS.split(), f"-DLAUNCHER_PROGRAM={_c_string(str(program))}"]
        command += ["-o", str(out), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"{SOURCE.name} could not be compiled ({cc}):\n{done.stderr.strip()}")
        return out.read_bytes()


def script(program: Path) -> bytes:
    """Return a shell script that does the same."""
    return f'#!/bin/sh\n# Written by make.\nexec {shlex.quote(str(program))} "$@"\n'.encode()


def write(path: Path, program: Path, cc: str) -> bool:
    """Write the launcher if it is not as it should be; return whether it was written."""
    is_known = sys.platform == "linux" and platform.machine() == "x86_64"
    return write_if_changed(path, compiled(program, cc) if is_known else script(program), 0o755)
