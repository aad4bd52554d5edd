"""The two make fragments the patched Makefile.pre.in includes: variables early, rules at the end.

Two, because make expands prerequisites when it reads them: the list of objects has to be known before
upstream's rules, and no rule of ours may come before upstream's first one, the default target.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .config import Config

VARIABLES = "jit_variables.mk"
RULES = "jit_rules.mk"

STENCIL_BUILDER = "Tools/jit/build.py"

# Compiled in every mode: the part that answers `sys._jit.is_available()`, and what module math writes to.
ALWAYS_COMPILED = ("Python/jit/engine/sysjit.c", "Python/jit/objects/math_functions.c")

# Upstream's preprocessor names, reused: they open its seams for a second tier.
_DEFINES = {
    "yes": "-D_Py_TIER2=1 -D_Py_JIT",
    "yes-off": "-D_Py_TIER2=3 -D_Py_JIT",
    "interpreter": "-D_Py_TIER2=4 -D_Py_JIT -D_PyJit_INTERPRETER",
    "no": "",
}
_TAIL_CALLS = "-D_Py_TAIL_CALLS"


def _escape(text: str) -> str:
    """Quote a path for a make variable that a shell recipe uses."""
    return "'" + text.replace("'", "'\\''").replace("$", "$$").replace("#", "\\#") + "'"


def _library_folders(ours: list[str]) -> tuple[list[str], list[str]]:
    """Return the folders under Lib/ we add, ordinary ones and those of tests; upstream installs by folder."""
    folders = {str(Path(name).parent.relative_to("Lib")) for name in ours if name.startswith("Lib/")} - {"."}
    tests = {folder for folder in folders if folder.split("/")[0] == "test"}
    return sorted(folders - tests), sorted(tests)


def jit_fragments(top: Path, config: Config, ours: list[str]) -> dict[str, str]:
    """Return the fragments' texts by name; `ours` are the laid files' paths in the tree."""
    sources = [name for name in ours if name.startswith("Python/jit/") and name.endswith(".c")]
    if config.mode == "no":
        sources = [name for name in sources if name in ALWAYS_COMPILED]
    objects = [name.removesuffix(".c") + ".o" for name in sources]
    builder = top / STENCIL_BUILDER
    stencils = config.mode in ("yes", "yes-off") and builder.exists()

    defines = [_DEFINES[config.mode], _TAIL_CALLS if config.tail_calls else "", "-MMD -MP"]
    # -MMD: a header of ours that upstream's PYTHON_HEADERS does not list is still a dependency.
    variables = [
        "# Written by the overlay; changes are lost.",
        "JIT_CFLAGS= " + " ".join(word for word in defines if word),
        "JIT_OBJS= " + " ".join(objects),
    ]
    # Our sources name each other as "jit/x.h"; upstream's do not get the folder.
    rules = ["# Written by the overlay; changes are lost.", "$(JIT_OBJS): JIT_CFLAGS+= -I$(srcdir)/Python"]
    library, tests = _library_folders(ours)
    for name, folders in (("LIBSUBDIRS", library), ("TESTSUBDIRS", tests)):
        rules.append(f"{name}:= $({name}) $(filter-out $({name})," + " ".join(folders) + ")")
    rules.append("-include $(wildcard Python/*.d Python/jit/*/*.d Objects/*.d Modules/*.d)")
    # Programs of tests and of the build itself: optimized at link time each takes as long as python does.
    rules.append("Programs/_testembed Programs/_freeze_module: PY_CORE_LDFLAGS= $(PY_LDFLAGS_NOLTO)")
    # Our sources include generated bodies and each other by their place below Python/.
    rules.append("$(JIT_OBJS): PY_CFLAGS_NODIST+= -I$(srcdir)/Python")
    if stencils:
        scripts = sorted(
            path
            for path in builder.parent.rglob("*")
            if path.suffix in (".py", ".c", ".h") and "tests" not in path.parts
        )
        inputs = " ".join(str(path).replace(" ", "\\ ") for path in scripts)
        # The builder compares what clang would read with what it read last, so these may be too many.
        if config.stencils:
            inputs += f" {config.stencils.replace(' ', chr(92) + ' ')}"
            made_by = f"--prebuilt {_escape(config.stencils)}"
        else:
            made_by = f"--clang {_escape(config.clang)} --readobj {_escape(config.readobj)}"
        headers = " ".join(
            name for name in ours if name.startswith(("Include/", "Python/")) and name[-2:] == ".h"
        )
        rules += [
            f"jit_stencils.h: {inputs} {headers} $(PYTHON_HEADERS)"
            " $(wildcard Python/*.c.h) Python/ceval_macros.h",
            f"\t{_escape(sys.executable)} {_escape(str(builder))} --tree . {made_by} -o $@",
            "$(JIT_OBJS): | jit_stencils.h",
        ]
    return {VARIABLES: "\n".join(variables) + "\n", RULES: "\n".join(rules) + "\n"}
