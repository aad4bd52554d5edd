"""Configuring a tree only when the choices changed; what the real series does to the real Makefile.pre.in."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from Tools.build import patch
from Tools.build.common import TOP, BuildError
from Tools.build.config import load_base
from Tools.build.overlay import patched_files
from Tools.build.tree import configure

from .conftest import write

CONFIGURE = """\
#!/bin/sh
test "$1" != --fail || exit 1
printf '%s\\n' "$@" > arguments
printf 'clean:\\n\\ttouch cleaned\\n' > Makefile
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "tree/configure", CONFIGURE).chmod(0o755)
    return tmp_path / "tree"


def test_configured_once(tree: Path) -> None:
    assert configure(tree, ["--a", "B=c d"], "yes")
    assert (tree / "arguments").read_text() == "--a\nB=c d\n"
    assert not configure(tree, ["--a", "B=c d"], "yes")
    assert not (tree / "cleaned").exists()


@pytest.mark.parametrize(("options", "mode"), [(["--b"], "yes"), (["--a"], "no")])
def test_other_choices_remove_the_objects_first(tree: Path, options: list[str], mode: str) -> None:
    configure(tree, ["--a"], "yes")
    assert configure(tree, options, mode)
    assert (tree / "cleaned").exists()


def test_failed_configure_is_run_again(tree: Path) -> None:
    with pytest.raises(BuildError, match="upstream's configure failed"):
        configure(tree, ["--fail"], "yes")
    assert configure(tree, ["--a"], "yes")


@pytest.fixture(scope="module")
def real_base() -> Path:
    version = load_base().version
    base = Path(os.environ.get("CPYTHON_BASE") or TOP / "build" / f"base-{version}")
    if not (base / "Makefile.pre.in").exists():
        pytest.fail("no unpacked base: run `make base`, or set CPYTHON_BASE to its folder")
    return base


@pytest.fixture(scope="module")
def makefile(real_base: Path) -> str:
    """The patched Makefile.pre.in of the real base."""
    return patched_files(TOP, real_base)["Makefile.pre.in"].decode()


def test_our_objects_are_linked_and_upstreams_are_not(makefile: str) -> None:
    match = re.search(r"^PYTHON_OBJS=.*?[^\\]\n", makefile, re.MULTILINE | re.DOTALL)
    assert match is not None
    objects = match[0].replace("\\\n", " ").split()
    assert "$(JIT_OBJS)" in objects
    assert not {"Python/jit.o", "Python/optimizer.o"} & set(objects)
    assert not [name for name in objects if name.startswith("Python/optimizer")]


def make(tmp_path: Path, makefile: str, target: str) -> str:
    """Run the patched makefile, our fragments in place of the real ones, as far as a variable's value."""
    write(tmp_path / "jit_variables.mk", "JIT_CFLAGS= -DOURS\nJIT_OBJS= ours.o\n")
    write(tmp_path / "jit_rules.mk", "jit_stencils.h:\n\techo our-rule\n")
    show = "show:\n\t@echo '$(PY_CORE_CFLAGS)' / '$(PY_STDMODULE_CFLAGS)'\n"
    # Under another name: make would remake a Makefile by its own rule.
    text = re.sub(r"@\w+@", "", makefile)
    write(tmp_path / "patched.mk", text + "\n" + show)
    command = ["make", "-s", "-f", "patched.mk", target, "CFLAGS_NODIST=-DPGO"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("M")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "warning: overriding recipe" not in done.stderr
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_flags_reach_core_and_shared_modules_under_pgo(tmp_path: Path, makefile: str) -> None:
    core, modules = make(tmp_path, makefile, "show").split("/ ", 1)
    assert "-DOURS" in core and "-DPGO" in core
    assert "-DOURS" in modules


def test_the_rule_of_the_stencils_is_ours_alone(tmp_path: Path, makefile: str) -> None:
    assert make(tmp_path, makefile, "jit_stencils.h") == "our-rule\n"


def test_guards_that_are_files_exist(real_base: Path) -> None:
    """A test of ours, or one of upstream's that our suite runs."""
    for one in patch.load_series(TOP / "patches"):
        for name in re.findall(r"\b(?:Tools|Lib)/[\w/.]+", one.header["Guarded-by"]):
            places = [folder / name.rstrip(".") for folder in (TOP, real_base)]
            assert any(place.exists() for place in places), f"{one.name}: Guarded-by: {name}"


def test_one_evaluation_function_is_compiled(real_base: Path) -> None:
    """With tail calls ours, else upstream's: the whole function is left out, and nothing beside it."""
    ceval = patched_files(TOP, real_base)["Python/ceval.c"].decode()
    found = re.search(
        r'^#ifdef _Py_TAIL_CALLS\n#include "tail_eval\.c\.h"\n#else\n(.*?)^\}\n#endif\n',
        ceval,
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None
    left_out = found[1]
    assert left_out.strip().startswith("PyObject* _Py_HOT_FUNCTION\n_PyEval_EvalFrameDefault(")
    assert not re.search(r"^\}", left_out, re.MULTILINE)
    assert '#include "generated_cases.c.h"' in left_out
    ours = (TOP / "Python/tail_eval.c.h").read_text()
    assert ours.count("\n_PyEval_EvalFrameDefault(") == 1
