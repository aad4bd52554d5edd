"""The code arena, compiled alone and run through its scenarios (arena/check.c)."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or platform.system() != "Linux", reason="the arena runs on x86-64 Linux"
)

REFUSED = "the system refuses executable memory\n"


@pytest.fixture(scope="module", params=["pie", "no-pie"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenarios, in a program that may lie anywhere and in one at a fixed low address."""
    compiler = shutil.which("gcc") or shutil.which("clang-19")
    assert compiler is not None, "no C compiler"
    output = tmp_path_factory.mktemp("arena") / "check"
    position = ["-fPIE", "-pie"] if request.param == "pie" else ["-fno-pie", "-no-pie"]
    sources = [HERE / "arena" / "check.c", TOP / "Python" / "jit" / "machine" / "arena.c"]
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run(
        [
            compiler,
            "-O1",
            *warnings,
            *position,
            f"-I{HERE / 'arena'}",
            f"-I{TOP / 'Python'}",
            "-o",
            output,
            *sources,
        ],
        check=True,
    )
    return output


@pytest.mark.parametrize(
    ("scenario", "output"),
    [
        ("stress", ""),
        ("packed", ""),
        ("forked", ""),
        ("refused-at-start", REFUSED),
        ("refused-protection", REFUSED),
        ("refused-memory", "no memory for machine code\nno address space for machine code\n"),
    ],
)
def test_scenario(program: Path, scenario: str, output: str) -> None:
    done = subprocess.run([program, scenario], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", output)
