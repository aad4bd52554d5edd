"""The command line of the stencil builder."""

import argparse
import hashlib
import itertools
import pathlib
import re
import shlex
import sys
import tempfile

from . import asm, header, model, objects, origin, toolchain, variants
from .errors import BuildError

PACKAGE = pathlib.Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="build.py", description="Build jit_stencils.h (InternalDocs/stencils.md)."
    )
    parser.add_argument(
        "--tree", type=pathlib.Path, required=True, help="configured build tree with generated files"
    )
    parser.add_argument("--clang", default="clang", help="clang 19 or newer")
    parser.add_argument("--readobj", help="llvm-readobj (default: the one beside clang)")
    parser.add_argument("--target", help="compile for this triple instead of clang's own")
    parser.add_argument(
        "--template", type=pathlib.Path, default=PACKAGE.parent / "template.c", help=argparse.SUPPRESS
    )
    parser.add_argument(
        "--cflags", default="-D_Py_TIER2=1 -D_Py_JIT", help="flags the interpreter is compiled with too"
    )
    parser.add_argument(
        "--debug", action="store_true", help="keep assertions (as Py_DEBUG in pyconfig.h does)"
    )
    parser.add_argument(
        "--keep", type=pathlib.Path, help="leave the assembly, before and after, in this folder"
    )
    parser.add_argument(
        "--prebuilt", type=pathlib.Path, help="take this file, made elsewhere; no clang is needed"
    )
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    options = parser.parse_args(arguments)
    try:
        if options.prebuilt is not None:
            install(options.prebuilt, options.output, options.tree.resolve())
        else:
            build(options)
    except (BuildError, OSError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 1
    return 0


def install(prebuilt: pathlib.Path, output: pathlib.Path, tree: pathlib.Path) -> None:
    """Take a header that was made elsewhere, if it was made from what is here."""
    text = origin.check(prebuilt, tree)
    if output.exists() and output.read_text() == text:
        output.touch()
    else:
        _replace(output, text)


def build(options: argparse.Namespace) -> None:
    tools = toolchain.Toolchain(
        clang=options.clang,
        readobj=options.readobj or toolchain.find_readobj(options.clang),
        triple=options.target,
    )
    version = tools.version()
    target = tools.target()
    tree = options.tree.resolve()
    more = shlex.split(options.cflags)
    flags = tools.flags(tree, target, more, assertions=options.debug or _is_debug_tree(tree))
    with tempfile.TemporaryDirectory(prefix="jit-stencils-") as name:
        folder = pathlib.Path(name)
        # A copy, so that the assembly names the file without a path.
        (folder / "template.c").write_bytes(options.template.read_bytes())
        operations = _write_variants(folder, options.template.parent, tree)
        digest = _digest(tools, flags, folder, tree, version)
        if _is_current(options.output, digest):
            return
        tools.run([tools.clang, *flags, "-S", "-o", "raw.s", "template.c"], folder, "compiling the stencils")
        raw = (folder / "raw.s").read_text()
        split = asm.optimize(raw, target.syntax)
        (folder / "split.s").write_text(split)
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / "raw.s").write_text(raw)
            (options.keep / "split.s").write_text(split)
        triple = [f"--target={tools.triple}"] if tools.triple is not None else []
        tools.run([tools.clang, *triple, "-c", "-o", "split.o", "split.s"], folder, "assembling the stencils")
        listing = tools.run([tools.readobj, *objects.READOBJ_FLAGS, "split.o"], folder, "reading the object")
        rule = tools.run([tools.clang, *flags, "-M", "template.c"], folder, "listing what was read")
        read = origin.dependencies(rule, tree)
        # Templates of tests know no structures of the interpreter.
        checks = _layouts(tools, flags, folder) if origin.LAYOUT_HEADER in read else []
    stencils = model.build(objects.parse(listing), target, operations)
    made_from = origin.read(tree, read)
    text = header.render(stencils, digest, [*made_from.lines(), f"// compiler: {version}"], checks)
    _replace(options.output, origin.seal(text))


def _layouts(tools: toolchain.Toolchain, flags: list[str], folder: pathlib.Path) -> list[str]:
    """Static assertions of the structures' sizes, which another machine's headers may change."""
    (folder / "layout.c").write_text(origin.LAYOUT_SOURCE.format(", ".join(origin.LAYOUTS)))
    tools.run([tools.clang, *flags, "-c", "-o", "layout.o", "layout.c"], folder, "compiling the layouts")
    listing = tools.run([tools.readobj, *objects.READOBJ_FLAGS, "layout.o"], folder, "reading the layouts")
    return origin.layouts(objects.parse(listing).sections[origin.LAYOUT_SECTION].data)


def _write_variants(folder: pathlib.Path, ours: pathlib.Path, tree: pathlib.Path) -> list[variants.Operation]:
    """Writes jit_variants.c.h beside the template.  A tree without operations (tests have such) gets none."""
    opcodes = tree / "Include" / "internal" / "pycore_jit_opcodes.h"
    if not opcodes.exists():
        return []
    operations = variants.operations(opcodes.read_text())
    bodies = variants.bodies(
        (tree / "Python" / "jit_opaque_cases.c.h").read_text(), (ours / "machine_ops.c.h").read_text()
    )
    (folder / "jit_variants.c.h").write_text(variants.render(operations, bodies))
    return operations


def _is_debug_tree(tree: pathlib.Path) -> bool:
    try:
        text = (tree / "pyconfig.h").read_text()
    except OSError as error:
        raise BuildError(f"{tree} is not a configured build tree: {error.strerror}: pyconfig.h") from error
    return re.search(r"^#define Py_DEBUG 1$", text, re.MULTILINE) is not None


def _digest(
    tools: toolchain.Toolchain, flags: list[str], folder: pathlib.Path, tree: pathlib.Path, version: str
) -> str:
    """Of everything the result depends on: the preprocessed source, the flags, the compiler, this program."""
    source = tools.run([tools.clang, *flags, "-E", "-P", "template.c"], folder, "preprocessing the stencils")
    digest = hashlib.sha256()
    for text in (version, *(flag.replace(str(tree), "") for flag in flags), source):
        digest.update(text.encode() + b"\0")
    for path in sorted(PACKAGE.glob("*.py")):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_current(output: pathlib.Path, digest: str) -> bool:
    """Marks the file as new where nothing has to be done, so that make does not ask again."""
    try:
        with output.open() as file:
            current = f"// inputs: {digest}\n" in itertools.islice(file, 3)
    except OSError:
        return False
    if current:
        output.touch()
    return current


def _replace(output: pathlib.Path, text: str) -> None:
    fresh = output.with_name(output.name + ".new")
    fresh.write_text(text)
    fresh.replace(output)
