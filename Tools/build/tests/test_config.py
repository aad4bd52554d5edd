"""Options: what is ours, what is passed on, and that quoting survives the way through ./configure."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from Tools.build.common import TOP, BuildError
from Tools.build.config import (
    Config,
    for_release,
    load_base,
    load_config,
    save_config,
    upstream_options,
    with_ccache,
    with_tail_calls,
)
from Tools.build.jit_make import jit_fragments


def test_ours_are_not_passed_on() -> None:
    ours = "--enable-experimental-jit=yes -enable-experimental-jit --disable-experimental-jit --srcdir=."
    ours += " --srcdir x --with-cpython-source=/p --with-ccache --without-ccache"
    ours += " --with-tail-call-interp --without-tail-call-interp"
    ours += " --with-jit-clang=c --install-deps --with-security-fixes=no --without-security-fixes"
    ours += " --with-jit-stencils=f --without-jit-stencils"
    theirs = ["--prefix=/usr", "--with-pydebug", "CC=gcc", "--enable-experimental-jitter"]
    assert upstream_options([*theirs[:2], *ours.split(), *theirs[2:]]) == theirs


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["CC=ccache gcc"]),
        (["CC=clang", "--x", "CC=gcc -m64"], ["--x", "CC=ccache gcc -m64"]),
        (["CC=ccache clang"], ["CC=ccache clang"]),
    ],
)
def test_ccache(options: list[str], expected: list[str]) -> None:
    assert with_ccache(options, "gcc") == expected


def test_config_round_trip(tmp_path: Path, config: Config) -> None:
    config = dataclasses.replace(config, options=("--prefix=/a b", "CFLAGS=-O1 -g"))
    save_config(tmp_path, config)
    assert load_config(tmp_path) == config


def test_config_errors(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"run \./configure first"):
        load_config(tmp_path)
    (tmp_path / "config.json").write_text('{"options": []}')
    with pytest.raises(BuildError, match=r"run \./configure again"):
        load_config(tmp_path)


def test_the_pin_is_whole() -> None:
    pin = load_base()
    assert len(pin.sha256) == 64 and pin.version in pin.file


def run_configure(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    for name in ("CC", "CFLAGS", "MAKEFLAGS"):
        if name not in variables:
            environment.pop(name, None)
    return subprocess.run(
        [str(TOP / "configure"), *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_quoting_survives_configure(tmp_path: Path) -> None:
    options = (
        "--prefix=/opt/my python",
        "--with-suffix=it's",
        'CFLAGS=-O1 -DNAME="a b" -DDOLLAR=$x',
        "--with-new-thing=*",
        "--enable-unknown",
        "LDFLAGS=",
    )
    done = run_configure(tmp_path, "--enable-experimental-jit=no", "--install-deps=no", *options)
    assert done.returncode == 0, done.stderr
    assert "unrecognized" not in done.stderr
    passed = json.loads((tmp_path / "build/config.json").read_text())["options"]
    assert passed[: len(options)] == list(options)


def test_environment_reaches_upstream(tmp_path: Path) -> None:
    done = run_configure(tmp_path, "--enable-experimental-jit=no", "-q", CC="gcc", CFLAGS="-O1 -g0")
    assert done.returncode == 0, done.stderr
    passed = json.loads((tmp_path / "build/config.json").read_text())["options"]
    assert "CC=gcc" in passed and "CFLAGS=-O1 -g0" in passed and "--quiet" in passed


@pytest.mark.parametrize(
    ("option", "expected"),
    [(None, "auto"), ("--with-security-fixes", "yes"), ("--without-security-fixes", "no")],
)
def test_security_fixes_are_remembered_and_told(tmp_path: Path, option: str | None, expected: str) -> None:
    done = run_configure(tmp_path, "--enable-experimental-jit=no", *([option] if option else []))
    assert done.returncode == 0, done.stderr
    assert load_config(tmp_path / "build").fixes == expected
    told = [line for line in done.stdout.splitlines() if line.startswith("security fixes: ")]
    assert len(told) == 1
    assert (
        told[0]
        .removeprefix("security fixes: ")
        .startswith("none (--with-security-fixes=no)" if expected == "no" else "make asks Debian's archive")
    )


def test_prebuilt_stencils_need_no_clang(tmp_path: Path) -> None:
    (tmp_path / "the file.h").write_text("")
    options = ("--enable-experimental-jit", "--with-jit-stencils=the file.h")
    done = run_configure(tmp_path, *options, PATH=path_without("clang", "llvm", folder=tmp_path / "bin"))
    assert done.returncode == 0, done.stderr
    config = load_config(tmp_path / "build")
    assert config.stencils == f"{tmp_path}/the file.h" and config.clang == ""
    assert f"checking for the stencils... {tmp_path}/the file.h" in done.stdout
    made = jit_fragments(TOP, config, ["Python/jit/engine/sysjit.c"])["jit_rules.mk"]
    assert f"--prebuilt '{tmp_path}/the file.h'" in made and "--clang" not in made
    assert f"{tmp_path}/the\\ file.h " in made


def path_without(*prefixes: str, folder: Path) -> str:
    """A folder with links to all programs but these."""
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for path in Path(place).glob("*"):
            if not path.name.startswith(prefixes) and not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
    return str(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--enable-experimental-jit=fast"], "the values are yes, yes-off, interpreter, no"),
        (["--enable-experimental-jit", "--disable-gil"], "does not support the free-threaded build yet"),
        (["--with-cpython-source"], "needs a path"),
        (["--with-cpython-source=/does/not/exist"], "does not exist"),
        (["--with-security-fixes=/does/not/exist"], "does not exist; the values are yes, no and a file"),
        (["--with-security-fixes="], "needs a value"),
        (["--with-tail-call-interp=maybe"], "the values are yes and no"),
        (["--enable-experimental-jit", "--with-jit-stencils"], "needs a file"),
        (["--enable-experimental-jit", "--with-jit-stencils=no-such-file"], "no-such-file does not exist"),
        (["--enable-experimental-jit", "--with-jit-stencils=/dev/null"], "/dev/null does not exist"),
        (["--enable-experimental-jit=interpreter", f"--with-jit-stencils={__file__}"], "is of no use with"),
        (
            ["--enable-experimental-jit", "--with-jit-clang=clang-19", f"--with-jit-stencils={__file__}"],
            "either made here or were made elsewhere",
        ),
        (
            ["--enable-experimental-jti"],
            "--enable-experimental-jti is not an option: is --enable-experimental-jit",
        ),
        (["--with-experimental-jit"], "is --enable-experimental-jit meant?"),
        (["--with-ccahe"], "is --with-ccache meant?"),
        (["--enable-jit"], "--enable-jit is not an option: ./configure --help"),
        ([f"--with-cpython-source={TOP}/README.md"], "README.md is not the pinned"),
        ([f"--with-cpython-source={TOP}"], "is not an unpacked release"),
    ],
)
def test_refused(tmp_path: Path, options: list[str], message: str) -> None:
    done = run_configure(tmp_path, *options)
    assert done.returncode == 1 and message in done.stderr
    assert not (tmp_path / "Makefile").exists()


# Compilers that know the attributes of tail calls, and one that does not: gcc before 15 warns of both.
COMPILER = """\
#!/bin/sh
case " $* " in *" -Werror "*) exit {answer} ;; esac
exec cc "$@"
"""


@pytest.mark.parametrize("knows", [True, False])
def test_tail_calls_need_a_compiler_that_can(tmp_path: Path, knows: bool) -> None:
    compiler = tmp_path / "my-cc"
    compiler.write_text(COMPILER.format(answer=0 if knows else 1))
    compiler.chmod(0o755)
    done = run_configure(
        tmp_path, "--enable-experimental-jit=no", "--with-tail-call-interp", f"CC={compiler}"
    )
    if knows:
        assert done.returncode == 0, done.stderr
        assert load_config(tmp_path / "build").tail_calls
        return
    assert done.returncode == 1
    assert f"the compiler {compiler} does not know" in done.stderr
    assert "CC=clang-19" in done.stderr
    assert not (tmp_path / "Makefile").exists()


def test_tail_calls_are_not_the_default(tmp_path: Path) -> None:
    done = run_configure(tmp_path, "--enable-experimental-jit=no")
    assert done.returncode == 0, done.stderr
    assert not load_config(tmp_path / "build").tail_calls


def test_tail_calls_are_compiled_by_the_clang_of_the_stencils(config: Config) -> None:
    """`make tail` in a build by another compiler; one that can has its own way already."""
    given = dataclasses.replace(config, ccache=True, options=("--x", "CC=ccache gcc"))
    other = with_tail_calls(given)
    assert (other.tail_calls, other.cc, other.options) == (
        True,
        config.clang,
        ("--x", f"CC=ccache {config.clang}"),
    )
    assert with_tail_calls(other) == other
    assert with_tail_calls(dataclasses.replace(config, options=("CC=gcc",))).options == (
        f"CC={config.clang}",
    )
    with pytest.raises(BuildError, match="CC=clang-19"):
        with_tail_calls(dataclasses.replace(config, clang=""))


def test_make_release_takes_the_clang_that_can(config: Config) -> None:
    """Without a CC= of the user; LLVM's programs are those of the same version."""
    programs = ("LLVM_AR=/llvm-ar-19", "LLVM_PROFDATA=/llvm-profdata-19")
    able = dataclasses.replace(
        config, options=("--x", "CC=gcc"), llvm_ar="/llvm-ar-19", llvm_profdata="/llvm-profdata-19"
    )
    made = for_release(able)
    assert (made.tail_calls, made.cc) == (True, config.clang)
    assert made.options == ("--x", f"CC={config.clang}", *programs)
    cached = for_release(dataclasses.replace(able, ccache=True, options=("CC=ccache gcc",)))
    assert cached.options == (f"CC=ccache {config.clang}", *programs)

    for kept in (
        dataclasses.replace(able, llvm_ar=""),
        dataclasses.replace(able, clang=""),
        dataclasses.replace(able, keeps_cc=True),
    ):
        assert for_release(kept) == kept

    own = dataclasses.replace(
        able, keeps_cc=True, cc=config.clang, options=(f"CC={config.clang}", "LLVM_AR=/mine")
    )
    assert for_release(own).options == (*own.options, programs[1])
    assert not for_release(own).tail_calls


def test_configure_looks_for_what_make_release_needs(tmp_path: Path) -> None:
    """A clang without the runtime of profiles compiles stencils, and configure says what is missing."""
    clang = tmp_path / "bin/clang-19"
    clang.parent.mkdir()
    clang.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "  --version) echo clang version 19.1.7 ;;\n"
        "  *-fprofile-instr-generate*) exit 1 ;;\n"
        "esac\n"
    )
    clang.chmod(0o755)
    for name in ("llvm-readobj-19", "llvm-ar-19", "llvm-profdata-19"):
        (clang.parent / name).write_text("#!/bin/sh\necho LLVM version 19.1.7\n")
        (clang.parent / name).chmod(0o755)
    options = ("--enable-experimental-jit", f"--with-jit-clang={clang}")
    done = run_configure(tmp_path, *options)
    assert done.returncode == 0, done.stderr
    assert "tail-calls(make-release)" in done.stdout
    assert "libclang-rt-19-dev" in done.stdout
    assert load_config(tmp_path / "build").llvm_ar == ""

    clang.write_text(clang.read_text().replace("exit 1", ":"))
    done = run_configure(tmp_path, *options)
    assert "make-release" not in done.stdout
    found = load_config(tmp_path / "build")
    assert (found.llvm_ar, found.llvm_profdata) == (
        str(clang.parent / "llvm-ar-19"),
        str(clang.parent / "llvm-profdata-19"),
    )
    assert not found.keeps_cc


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["CC=no-such-compiler", "--enable-experimental-jit=no"], "CC=no-such-compiler does not work"),
        (
            ["--enable-experimental-jit", "--with-jit-clang=/bin/false"],
            "--with-jit-clang=/bin/false is not clang",
        ),
    ],
)
def test_a_wrong_program_is_not_cured_by_a_package(tmp_path: Path, options: list[str], message: str) -> None:
    done = run_configure(tmp_path, *options)
    assert done.returncode == 1 and message in done.stderr
    assert "apt-get" not in done.stderr and "missing" not in done.stderr
    assert not (tmp_path / "Makefile").exists()


def test_a_path_with_a_space_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "my build"
    folder.mkdir()
    done = run_configure(folder, "--enable-experimental-jit=no")
    assert done.returncode == 1 and f"make cannot work there: {folder}" in done.stderr
    assert not (folder / "Makefile").exists()


def test_help_lists_the_targets(tmp_path: Path) -> None:
    assert run_configure(tmp_path, "--enable-experimental-jit=no").returncode == 0
    # -n would do for what runs; the list itself is wanted.
    done = subprocess.run(["make", "-s", "help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    listed = {
        name.strip("`,") for line in done.stdout.splitlines() if line[:1].isalpha() for name in line.split()
    }
    makefile = (TOP / "Makefile.in").read_text()
    targets = {name for line in re.findall(r"(?m)^\.PHONY: (.*)$", makefile) for name in line.split()}
    assert listed == targets - {"python", "prepare", "base"}


def test_a_copied_build_folder_does_not_work_on_the_first(tmp_path: Path) -> None:
    first, copy = tmp_path / "first", tmp_path / "copy"
    first.mkdir()
    assert run_configure(first, "--enable-experimental-jit=no").returncode == 0
    subprocess.run(["make", "-n", "prepare"], cwd=first, capture_output=True, check=True)
    shutil.copytree(first, copy)
    for target in "install", "prepare":
        done = subprocess.run(["make", "-n", target], cwd=copy, capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "run ./configure here" in done.stderr
        assert str(first) not in done.stdout


def shell_helpers(folder: Path) -> Path:
    """A folder for PATH with what configure's own shell code calls, and nothing else."""
    folder.mkdir()
    helpers = "sh sed grep expr cat rm mkdir ls chmod dirname basename cut uname hostname sort tr tty env awk"
    for name in [*helpers.split(), "pwd", "id"]:
        for place in ("/usr/bin", "/bin"):
            if os.path.exists(f"{place}/{name}"):
                (folder / name).symlink_to(f"{place}/{name}")
                break
    return folder


def test_everything_missing_is_listed_with_one_command(tmp_path: Path) -> None:
    """A PATH with the shell's helpers only: one error names all, and one command."""
    tools = shell_helpers(tmp_path / "bin")
    done = run_configure(tmp_path, "--enable-experimental-jit", PATH=str(tools))
    assert done.returncode == 1
    for text in ("python3 >= 3.11", "a C compiler (gcc)", "GNU make", "patch (", "clang >= 19"):
        assert text in done.stderr
    commands = [line for line in done.stderr.splitlines() if "apt-get install" in line]
    assert commands == ["  sudo apt-get install python3 gcc libc6-dev make patch clang-19 llvm-19"]


def test_what_is_missing_is_installed_and_what_make_release_needs_of_it(tmp_path: Path) -> None:
    tools = shell_helpers(tmp_path / "bin")
    for name in "apt-get", "sudo":
        script = f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n' + ('exec "$@"\n' if name == "sudo" else "")
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    done = run_configure(tmp_path, "--enable-experimental-jit", "--install-deps", PATH=str(tools))
    assert done.returncode == 1 and "these are missing" in done.stderr  # nothing was installed, after all
    asked = next(
        line for line in (tmp_path / "asked").read_text().splitlines() if " install " in line
    ).split()
    assert {"gcc", "clang-19", "llvm-19", "libclang-rt-19-dev", "libssl-dev"} <= set(asked)


def test_configured_command_takes_everything_after_the_dashes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "Tools.build", "--build", str(tmp_path), "configured"]
    command += ["--mode", "no", "--cc", "gcc", "--", "--with-x", "A=b c", "--mode"]
    subprocess.run(command, cwd=TOP, check=True)
    assert load_config(tmp_path).options == ("--with-x", "A=b c", "--mode", "CC=gcc")


def test_tail_calls_are_a_flag_of_every_mode(tmp_path: Path, config: Config) -> None:
    for mode in ("yes", "interpreter", "no"):
        given = dataclasses.replace(config, mode=mode)
        without = jit_fragments(tmp_path, given, [])["jit_variables.mk"]
        made = jit_fragments(tmp_path, dataclasses.replace(given, tail_calls=True), [])["jit_variables.mk"]
        assert made.replace(" -D_Py_TAIL_CALLS", "") == without != made


@pytest.mark.parametrize(
    ("mode", "flags"),
    [
        ("yes", "-D_Py_TIER2=1 -D_Py_JIT -MMD -MP"),
        ("yes-off", "-D_Py_TIER2=3 -D_Py_JIT -MMD -MP"),
        ("interpreter", "-D_Py_TIER2=4 -D_Py_JIT -D_PyJit_INTERPRETER -MMD -MP"),
        ("no", "-MMD -MP"),
    ],
)
def test_fragments(tmp_path: Path, config: Config, mode: str, flags: str) -> None:
    (tmp_path / "Tools/jit").mkdir(parents=True)
    (tmp_path / "Tools/jit/build.py").write_text("")
    ours = [
        "Lib/_ours/a.py",
        "Lib/test/test_jit/b.py",
        "Lib/x.py",
        "Python/jit/engine/sysjit.c",
        "Python/jit/ir/trace.c",
    ]
    made = jit_fragments(tmp_path, dataclasses.replace(config, mode=mode), ours)
    variables = dict(line.split("= ", 1) for line in made["jit_variables.mk"].splitlines()[1:])
    assert variables["JIT_CFLAGS"].strip() == flags
    trace = "" if mode == "no" else " Python/jit/ir/trace.o"
    assert variables["JIT_OBJS"] == "Python/jit/engine/sysjit.o" + trace
    rules = made["jit_rules.mk"]
    assert ("jit_stencils.h:" in rules) == (mode in ("yes", "yes-off"))
    assert " Programs/_freeze_module: PY_CORE_LDFLAGS= $(PY_LDFLAGS_NOLTO)\n" in rules
    assert "LIBSUBDIRS),_ours)" in rules and "TESTSUBDIRS),test/test_jit)" in rules
