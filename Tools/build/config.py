"""The choices of ./configure (build/config.json) and the pinned base (upstream.toml)."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

from .common import TOP, BuildError, write_if_changed

JIT_MODES = ("yes", "yes-off", "interpreter", "no")

# Options that are ours, or that tell our configure where to put its files; upstream's never sees them.
_OURS_WITH_VALUE = (
    "--enable-experimental-jit",
    "--with-cpython-source",
    "--with-jit-clang",
    "--with-jit-stencils",
    "--with-ccache",
    "--with-tail-call-interp",
    "--with-security-fixes",
    "--install-deps",
    "--srcdir",
)
_OURS_NEGATED = (
    "--disable-experimental-jit",
    "--without-cpython-source",
    "--without-jit-clang",
    "--without-jit-stencils",
    "--without-ccache",
    "--without-tail-call-interp",
    "--without-security-fixes",
)


@dataclasses.dataclass(frozen=True)
class Base:
    """The upstream release this tree is laid over, from upstream.toml."""

    version: str
    file: str
    sha256: str
    size: int
    debian_suite: str
    debian_package: str
    debian_file: str
    python_org_path: str


@dataclasses.dataclass(frozen=True)
class Config:
    """What ./configure was told and what it found.

    `source` is the path of --with-cpython-source or "".  `options` go to upstream's configure unchanged.
    `tail_calls`: tier 1 is made of functions (--with-tail-call-interp).
    `fixes` is "auto", "yes", "no" or the path of --with-security-fixes, `stencils` that of
    --with-jit-stencils or "".  `keeps_cc`: there was a CC=, or tail calls were refused.  `llvm_ar` and
    `llvm_profdata` are those of `clang`; "" where it cannot make a profile build.
    """

    mode: str
    clang: str
    readobj: str
    cc: str
    ccache: bool
    source: str
    options: tuple[str, ...]
    fixes: str = "auto"
    tail_calls: bool = False
    stencils: str = ""
    keeps_cc: bool = False
    llvm_ar: str = ""
    llvm_profdata: str = ""


def load_base(path: Path = TOP / "upstream.toml") -> Base:
    """Read the pin of the base release."""
    try:
        data = tomllib.loads(path.read_text())
        debian = data["source"]["debian"]
        return Base(
            version=data["base"]["version"],
            file=data["base"]["file"],
            sha256=data["base"]["sha256"],
            size=data["base"]["size"],
            debian_suite=debian["suite"],
            debian_package=debian["package"],
            debian_file=debian["file"],
            python_org_path=data["source"]["python_org"]["path"],
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise BuildError(f"{path}: {error!r}") from error


def upstream_options(arguments: list[str]) -> list[str]:
    """Return the arguments of ./configure that upstream's configure gets, in their order."""
    kept = []
    takes_next = False
    for argument in arguments:
        if takes_next:
            takes_next = False
            continue
        # autoconf accepts one dash as well as two.
        spelled = argument if argument.startswith("--") else "-" + argument
        name, equals, _value = spelled.partition("=")
        if name in _OURS_WITH_VALUE or name in _OURS_NEGATED:
            takes_next = name == "--srcdir" and not equals
            continue
        kept.append(argument)
    return kept


def check_spelling(options: list[str]) -> None:
    """Raise BuildError for an option that upstream would get, and ignore, but that looks like one of ours."""
    prefix = re.compile(r"-+(?:enable-|disable-|with-|without-)?")
    ours = {prefix.sub("", name, count=1): name for name in reversed(_OURS_WITH_VALUE) if name != "--srcdir"}
    for option in options:
        name = option.partition("=")[0]
        if not name.startswith("-"):
            continue
        rest = prefix.sub("", name, count=1)
        close = difflib.get_close_matches(rest, ours, n=1, cutoff=0.84)
        if close:
            raise BuildError(f"{name} is not an option: is {ours[close[0]]} meant?")
        if "jit" in re.split("[-_]", rest):
            raise BuildError(f"{name} is not an option: ./configure --help lists them")


def with_ccache(options: list[str], cc: str) -> list[str]:
    """Put ccache before the compiler: in every CC= that is there, else in a new one."""
    compilers = [option for option in options if option.startswith("CC=")]
    current = compilers[-1].removeprefix("CC=") if compilers else cc
    others = [option for option in options if not option.startswith("CC=")]
    if "ccache" not in shlex.split(current):
        current = f"ccache {current}"
    return [*others, f"CC={current}"]


def with_tail_calls(config: Config) -> Config:
    """The same choices with tail calls, by the clang of the stencils: it can, whatever compiles the rest."""
    if config.tail_calls:
        return config
    if not config.clang:
        raise BuildError(
            "tail calls are compiled by the clang of the stencils, and there is none: run ./configure"
            " with --enable-experimental-jit, or with --with-tail-call-interp CC=clang-19"
        )
    options = [option for option in config.options if not option.startswith("CC=")] + [f"CC={config.clang}"]
    if config.ccache:
        options = with_ccache(options, config.clang)
    return dataclasses.replace(config, cc=config.clang, options=tuple(options), tail_calls=True)


def for_release(config: Config) -> Config:
    """The choices for `make release`: tail calls, by the clang of the stencils, where it can.

    A compiler that was chosen (CC=) is kept, as one is where tail calls were refused.  With that clang
    upstream's configure is told which of LLVM's programs are its own: of another version they do not read
    what it writes.
    """
    if not config.llvm_ar or not config.clang:
        return config
    if not config.keeps_cc:
        config = with_tail_calls(config)
    elif shutil.which(config.cc) != shutil.which(config.clang):
        return config
    names = {option.partition("=")[0] for option in config.options}
    programs = {"LLVM_AR": config.llvm_ar, "LLVM_PROFDATA": config.llvm_profdata}
    added = tuple(f"{name}={program}" for name, program in programs.items() if name not in names)
    return dataclasses.replace(config, options=(*config.options, *added))


# What `make debug` and `make release` add to the options of ./configure.
_TREE_OPTIONS = {"debug": ("--with-pydebug",), "release": ("--enable-optimizations", "--with-lto")}


def tree_options(tree: str, options: list[str]) -> list[str]:
    """Return what upstream's configure gets in the tree of this name; what was asked for already stays."""
    names = {option.partition("=")[0] for option in options}
    return [*options, *(option for option in _TREE_OPTIONS.get(tree, ()) if option not in names)]


def save_config(build: Path, config: Config) -> None:
    """Write build/config.json."""
    text = json.dumps(dataclasses.asdict(config), indent=1) + "\n"
    write_if_changed(build / "config.json", text.encode())


def load_config(build: Path) -> Config:
    """Read what ./configure left; an error says to run it."""
    path = build / "config.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text())
        data["options"] = tuple(data["options"])
        return Config(**data)
    except FileNotFoundError:
        raise BuildError(f"{path} is not there: run ./configure first") from None
    except (ValueError, TypeError, KeyError) as error:
        raise BuildError(f"{path} cannot be read ({error}): run ./configure again") from error
