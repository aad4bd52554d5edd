"""Calls of clang and llvm-readobj.

Everything runs in a private folder with relative names, and paths of the tree are mapped away, so that
nothing in the result depends on where the build happens.
"""

import dataclasses
import pathlib
import re
import subprocess
from collections.abc import Sequence

from . import targets
from .errors import BuildError

MINIMUM_CLANG = 19

# One function or constant, one section.  No jump tables (they are data with addresses).  No unwinding
# tables, no frame pointer, no stack protector: a stencil is not a whole function.  Loops in bodies run a few
# times: small code wins.
COMMON_FLAGS = (
    "-std=c11",
    "-O2",
    "-fno-strict-aliasing",
    "-fno-strict-overflow",
    "-fno-math-errno",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fno-jump-tables",
    "-fno-stack-protector",
    "-fno-stack-clash-protection",
    "-fomit-frame-pointer",
    "-fno-vectorize",
    "-fno-slp-vectorize",
    "-fno-unroll-loops",
    "-fno-ident",
    "-fno-addrsig",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror=implicit-function-declaration",
    "-Wno-unused-parameter",
    "-Wno-unused-but-set-variable",
    "-Wno-unused-variable",
    "-Wno-unused-function",
    "-Wno-missing-field-initializers",
    "-Wno-unreachable-code",
)
# The interpreter's thread-local variables may live anywhere when it is a shared library: as in an extension
# module, the thread state is asked for with a call.
DEFINES = ("-DPy_BUILD_CORE", "-DPy_BUILD_CORE_MODULE")
INCLUDE_FOLDERS = (".", "Include", "Include/internal", "Include/internal/mimalloc", "Python")


@dataclasses.dataclass(frozen=True)
class Toolchain:
    clang: str
    readobj: str
    triple: str | None = None

    def run(self, command: Sequence[str], folder: pathlib.Path, what: str) -> str:
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BuildError(f"cannot run {command[0]}: {error.strerror}") from error
        if done.returncode:
            raise BuildError(f"{what} failed ({command[0]}):\n{done.stderr.strip()}")
        return done.stdout

    def version(self) -> str:
        """The compiler's own words; refuses what is too old for preserve_none."""
        text = self.run([self.clang, "--version"], pathlib.Path.cwd(), "asking for the compiler's version")
        first = text.splitlines()[0]
        match = re.search(r"clang version (\d+)", first)
        if match is None:
            raise BuildError(f"{self.clang} is not clang: {first}")
        if int(match[1]) < MINIMUM_CLANG:
            raise BuildError(
                f"{self.clang} is clang {match[1]}; stencils need clang {MINIMUM_CLANG} or newer"
            )
        return first

    def target(self) -> targets.Target:
        if self.triple is not None:
            return targets.find(self.triple)
        machine = self.run([self.clang, "-dumpmachine"], pathlib.Path.cwd(), "asking for the target")
        return targets.find(machine.strip())

    def flags(
        self, tree: pathlib.Path, target: targets.Target, more: Sequence[str], *, assertions: bool
    ) -> list[str]:
        triple = [f"--target={self.triple}"] if self.triple is not None else []
        return [
            *triple,
            *COMMON_FLAGS,
            *target.flags,
            *DEFINES,
            *([] if assertions else ["-DNDEBUG"]),
            f"-ffile-prefix-map={tree}/=",
            *(f"-I{tree / folder}" for folder in INCLUDE_FOLDERS),
            *more,
        ]


def find_readobj(clang: str) -> str:
    """The llvm-readobj beside `clang`: clang-19 has llvm-readobj-19, x/bin/clang has x/bin/llvm-readobj."""
    path = pathlib.PurePath(clang)
    return str(path.with_name(re.sub(r"^clang", "llvm-readobj", path.name)))
