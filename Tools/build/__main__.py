"""The commands the Makefile calls: python3 -m Tools.build [--build FOLDER] COMMAND."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from . import fetch, overlap, patch, run_tests
from .common import TOP, BuildError, write_if_changed
from .config import JIT_MODES, Config, load_base, load_config, save_config, upstream_options, with_ccache
from .overlay import overlay, stock_tree
from .tree import configure


def _configured(arguments: argparse.Namespace) -> None:
    """Remember what ./configure was told."""
    options = upstream_options(arguments.options)
    ccache = arguments.ccache != "no"
    if ccache:
        options = with_ccache(options, arguments.cc)
    elif not any(option.startswith("CC=") for option in options):
        # Upstream would look for a compiler itself, and might take another one than was tried here.
        options.append(f"CC={arguments.cc}")
    source = "" if arguments.source == "no" else arguments.source
    save_config(
        arguments.build,
        Config(
            arguments.mode, arguments.clang, arguments.readobj, arguments.cc, ccache, source, tuple(options)
        ),
    )


def _base(arguments: argparse.Namespace) -> Path:
    return fetch.ensure_base(load_base(), arguments.build, load_config(arguments.build).source)


def _fetch(arguments: argparse.Namespace) -> None:
    """Unpack the base, fetching it if need be."""
    print(_base(arguments))


def _prepare(arguments: argparse.Namespace) -> None:
    """Bring a build tree to where make can run in it."""
    config = load_config(arguments.build)
    base = _base(arguments)
    tree = arguments.build / arguments.tree
    options = list(config.options)
    if arguments.tree == "debug" and "--with-pydebug" not in options:
        options.append("--with-pydebug")
    if arguments.tree == "stock":
        stock_tree(base, tree)
        configure(tree, options, "stock")
    else:
        overlay(config, base, arguments.build, tree)
        configure(tree, options, config.mode)


def _launcher(arguments: argparse.Namespace) -> None:
    """Write ./python beside the build folder.

    Not a symbolic link: virtual environments made with it would take the link's folder for the home of the
    build, and find no library there.
    """
    program = shlex.quote(str(arguments.build / "tree/python"))
    text = f'#!/bin/sh\n# Written by make.\nexec {program} "$@"\n'
    write_if_changed(arguments.build.parent / "python", text.encode(), 0o755)


def _check_overlay(arguments: argparse.Namespace) -> None:
    """Check the patches' form, that everything fits the base, and that nothing of it is copied."""
    problems = [problem for one in patch.load_series(TOP / "patches") for problem in patch.lint(one)]
    base = _base(arguments)
    from .overlay import layers

    try:
        layers(TOP, base, arguments.build, load_config(arguments.build))
    except BuildError as error:
        problems.append(str(error))
    problems += run_tests.unknown_tests(base)
    problems += overlap.check(TOP, base)
    if problems:
        raise BuildError("\n".join(problems))
    print("check-overlay: ok")


def main() -> int:
    """Run one command; 1 means an error that was printed."""
    parser = argparse.ArgumentParser(prog="python3 -m Tools.build", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="the folder of the build")
    commands = parser.add_subparsers(required=True)

    configured = commands.add_parser("configured", help=_configured.__doc__)
    configured.add_argument("--mode", choices=JIT_MODES, required=True)
    for name in ("clang", "readobj", "cc", "ccache", "source"):
        configured.add_argument(f"--{name}", default="no" if name in ("ccache", "source") else "")
    configured.add_argument("options", nargs="*")
    configured.set_defaults(run=_configured)

    commands.add_parser("fetch", help=_fetch.__doc__).set_defaults(run=_fetch)

    prepare = commands.add_parser("prepare", help=_prepare.__doc__)
    prepare.add_argument("tree", choices=("tree", "stock", "debug"))
    prepare.set_defaults(run=_prepare)

    commands.add_parser("launcher", help=_launcher.__doc__).set_defaults(run=_launcher)

    check = commands.add_parser("check-overlay", help=_check_overlay.__doc__)
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
