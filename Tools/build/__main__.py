"""The commands the Makefile calls: python3 -m Tools.build [--build FOLDER] COMMAND."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from Tools.jit.stencils.cli import install
from Tools.jit.stencils.errors import BuildError as StencilError

from . import deb, dist, fetch, fixes, later, launcher, overlap, patch, pgo, run_tests, stage
from .common import TOP, BuildError
from .config import (
    JIT_MODES,
    Config,
    check_spelling,
    for_release,
    load_base,
    load_config,
    save_config,
    tree_options,
    upstream_options,
    with_ccache,
    with_tail_calls,
)
from .overlay import layers, overlay, stock_tree
from .tree import configure


def _configured(arguments: argparse.Namespace) -> None:
    """Remember what ./configure was told."""
    options = upstream_options(arguments.options)
    check_spelling(options)
    ccache = arguments.ccache != "no"
    cc_chosen = any(option.startswith("CC=") for option in options)
    if ccache:
        options = with_ccache(options, arguments.cc)
    elif not cc_chosen:
        # Upstream would look for a compiler itself, and might take another one than was tried here.
        options.append(f"CC={arguments.cc}")
    source = "" if arguments.source == "no" else arguments.source
    if source:
        fetch.check_source(Path(source), load_base())
    config = Config(
        mode=arguments.mode,
        clang=arguments.clang,
        readobj=arguments.readobj,
        cc=arguments.cc,
        ccache=ccache,
        source=source,
        options=tuple(options),
        fixes=arguments.fixes,
        tail_calls=arguments.tail_calls == "yes",
        stencils="" if arguments.stencils == "no" else arguments.stencils,
        keeps_cc=cc_chosen or arguments.tail_calls == "no",
        llvm_ar=arguments.llvm_ar,
        llvm_profdata=arguments.llvm_profdata,
    )
    outlook = fixes.outlook(config, load_base(), arguments.build)
    if "--quiet" not in options:
        print(f"security fixes: {outlook}", flush=True)
    save_config(arguments.build, config)


def _base(arguments: argparse.Namespace) -> Path:
    return fetch.ensure_base(load_base(), arguments.build, load_config(arguments.build).source)


def _fetch(arguments: argparse.Namespace) -> None:
    """Unpack the base, fetching it if need be; find the security fixes."""
    print(_base(arguments))
    fixes.ensure(load_config(arguments.build), load_base(), arguments.build)


def _update_fixes(arguments: argparse.Namespace) -> None:
    """Ask the archive for the newest security fixes."""
    config = load_config(arguments.build)
    found = fixes.ensure(config, load_base(), arguments.build, update=True)
    if not found.revision:
        raise BuildError(f"security fixes: {found.describe()}")


def _prepare(arguments: argparse.Namespace) -> None:
    """Bring a build tree to where make can run in it."""
    config = load_config(arguments.build)
    base = _base(arguments)
    tree = arguments.build / arguments.tree
    if arguments.tree == "tail":
        config = with_tail_calls(config)
    elif arguments.tree == "release":
        config = for_release(config)
    options = tree_options(arguments.tree, list(config.options))
    if arguments.tree == "stock":
        stock_tree(base, tree)
        configure(tree, options, "stock")
    else:
        applied = fixes.ensure(config, load_base(), arguments.build)
        changed = overlay(config, base, arguments.build, tree, applied=applied)
        pgo.forget(tree, changed)
        configure(
            tree,
            pgo.with_task(options, config.mode),
            config.mode + (", tail calls" if config.tail_calls else ""),
        )
        if config.stencils:
            _take_stencils(Path(config.stencils), tree)


def _take_stencils(stencils: Path, tree: Path) -> None:
    """Check and copy --with-jit-stencils=FILE now: make would, but only after it has compiled for a while."""
    try:
        install(stencils, tree / "jit_stencils.h", tree)
    except StencilError as error:
        raise BuildError(str(error)) from error


def _launcher(arguments: argparse.Namespace) -> None:
    """Write ./python beside the build folder."""
    launcher.write(
        arguments.build.parent / "python", arguments.build / "tree/python", load_config(arguments.build).cc
    )


def _epoch(arguments: argparse.Namespace) -> None:
    """Print the date of the sources: SOURCE_DATE_EPOCH of what is packed."""
    print(stage.source_date())


def _dist(arguments: argparse.Namespace) -> None:
    """Pack a build tree as a tarball that runs from any folder."""
    dist.make(arguments.build, arguments.tree)


def _deb(arguments: argparse.Namespace) -> None:
    """Pack a build tree as a Debian package."""
    deb.make(arguments.build, arguments.tree)


def _check_overlay(arguments: argparse.Namespace) -> None:
    """Check the patches' form, that everything fits the base, and that nothing of it is copied."""
    problems = [problem for one in patch.load_series(TOP / "patches") for problem in patch.lint(one)]
    base = _base(arguments)
    config = load_config(arguments.build)
    applied = fixes.ensure(config, load_base(), arguments.build)
    for one_set in (fixes.NONE, applied) if applied.fixes else (fixes.NONE,):
        try:
            layers(TOP, base, arguments.build, config, one_set)
        except BuildError as error:
            problems.append(str(error))
    problems += run_tests.unknown_tests(base)
    problems += overlap.check(TOP, base, fixes.texts(applied))
    if problems:
        raise BuildError("\n".join(dict.fromkeys(problems)))
    also = f", and with those of {applied.revision}" if applied.fixes else ""
    print(f"check-overlay: ok, without security fixes{also}", flush=True)
    if arguments.later:
        version, problems = later.check(TOP, load_base(), base, arguments.build, config, arguments.later)
        if problems:
            raise BuildError(f"a move to {version} would have to mend:\n" + "\n".join(problems))
        print(f"check-overlay: ok with {version}, without security fixes")


def main() -> int:
    """Run one command; 1 means an error that was printed."""
    parser = argparse.ArgumentParser(prog="python3 -m Tools.build", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="the folder of the build")
    commands = parser.add_subparsers(required=True)

    configured = commands.add_parser("configured", help=_configured.__doc__)
    configured.add_argument("--mode", choices=JIT_MODES, required=True)
    for name in ("clang", "readobj", "cc", "llvm-ar", "llvm-profdata"):
        configured.add_argument(f"--{name}", default="")
    for name in ("ccache", "source", "stencils"):
        configured.add_argument(f"--{name}", default="no")
    for name in ("fixes", "tail-calls"):
        configured.add_argument(f"--{name}", default="auto")
    configured.add_argument("options", nargs="*")
    configured.set_defaults(run=_configured)

    commands.add_parser("fetch", help=_fetch.__doc__).set_defaults(run=_fetch)

    update = commands.add_parser("update-fixes", help=_update_fixes.__doc__)
    update.set_defaults(run=_update_fixes)

    prepare = commands.add_parser("prepare", help=_prepare.__doc__)
    prepare.add_argument("tree", choices=("tree", "stock", "debug", "tail", "release"))
    prepare.set_defaults(run=_prepare)

    commands.add_parser("launcher", help=_launcher.__doc__).set_defaults(run=_launcher)

    commands.add_parser("epoch", help=_epoch.__doc__).set_defaults(run=_epoch)

    for name, run, trees in (
        ("dist", _dist, ("tree", "stock", "release")),
        ("deb", _deb, ("tree", "release")),
    ):
        packing = commands.add_parser(name, help=run.__doc__)
        packing.add_argument("tree", choices=trees)
        packing.set_defaults(run=run)

    check = commands.add_parser("check-overlay", help=_check_overlay.__doc__)
    check.add_argument("--later", default="", metavar="RELEASE", help="a later release to try: see later.py")
    check.set_defaults(run=_check_overlay)

    arguments = parser.parse_args()
    arguments.build = arguments.build.absolute()
    try:
        arguments.run(arguments)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
