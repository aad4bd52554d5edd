"""Make and update a build tree: the base, our files over it, the patches, the generated files.

The tree is built in place, so the overlay may only touch what differs: it computes what every laid file
should hold, compares, and writes the difference; make sees a new time stamp exactly where something changed.

Invariants:
1. A tree appears under its name only when the whole base is in it (copied under another name, renamed).
2. Every file we ever laid is in the state file *before* it is written, so after an interruption the next run
   still knows it; a file that is no longer ours goes away, or upstream's comes back, with a fresh time.
3. The base is only read.
4. A file of ours over an upstream file, a patch and a removal each need their target to exist.
5. Debian's fixes are applied after our patches, and to upstream's files only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from . import fixes, patch
from .common import TOP, BuildError, write_atomic, write_if_changed
from .config import Config
from .jit_make import jit_fragments

# Folders of the repository that are laid over the same folders of the base.
OVERLAY_FOLDERS = ("Include", "Lib", "Modules", "Objects", "Parser", "Programs", "Python")
_IGNORED_SUFFIXES = (".pyc", ".pyo", ".orig", ".rej", ".swp", "~")

GENERATOR = "Tools/cases_generator/generate.py"
DEFINITIONS = "Python/bytecodes"

# What sys._jit and sysconfig say of the security fixes.
FIXES_HEADER = "Python/jit/engine/security_fixes.h"
FIXES_MAKEFILE = "Makefile.pre.in"


@dataclasses.dataclass(frozen=True)
class Rules:
    """overlay.toml: the upstream files we stand in for, remove, or generate anew."""

    replace: frozenset[str]
    remove: frozenset[str]
    generated: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Layer:
    """What one laid file holds and where that comes from (for errors)."""

    data: bytes
    mode: int
    origin: str


def load_rules(path: Path) -> Rules:
    """Read overlay.toml."""
    try:
        data = tomllib.loads(path.read_text())
        lists = {name: data[name]["files"] for name in ("replace", "remove", "generated")}
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise BuildError(f"{path}: {error!r}") from error
    for name, files in lists.items():
        if len(files) != len(set(files)):
            raise BuildError(f"{path}: [{name}]: a file is named twice")
    return Rules(*(frozenset(lists[name]) for name in ("replace", "remove", "generated")))


def our_files(top: Path) -> dict[str, Path]:
    """Return every file of ours that is laid over the base, by its path in the tree."""
    found = {}
    for folder in OVERLAY_FOLDERS:
        for root, folders, names in os.walk(top / folder):
            folders[:] = sorted(
                name for name in folders if name != "__pycache__" and not name.startswith(".")
            )
            for name in names:
                if not name.endswith(_IGNORED_SUFFIXES) and not name.startswith("."):
                    path = Path(root, name)
                    found[path.relative_to(top).as_posix()] = path
    return found


def patched_files(top: Path, base: Path, guide: patch.Guide | None = None) -> dict[str, bytes]:
    """Return the text of every patched upstream file, the whole series applied; an error has all misfits.

    `guide` is given where the base is a later release than the one the patches were made for.
    """
    texts: dict[str, patch.Text] = {}
    problems: list[str] = []
    for one in patch.load_series(top / "patches"):
        for change in one.files:
            if change.target not in texts:
                try:
                    text = (base / change.target).read_text(encoding="utf-8")
                except OSError as error:
                    why = f"{change.target}: {error.strerror} in the base"
                    problems.append(f"patches/{one.name}:{change.at}: {why}")
                    continue
                texts[change.target] = patch.Text.of(text)
            problems += patch.try_to_apply(one.name, change, texts[change.target], guide)
    if problems:
        raise BuildError("\n".join(problems))
    return {name: str(text).encode() for name, text in texts.items()}


def guide_to(top: Path, pinned: Path, base: Path) -> patch.Guide:
    """Compare the patched files of the pinned release, which they fit, with those of a later one."""
    guide = patch.Guide()
    texts: dict[str, patch.Text] = {}
    for one in patch.load_series(top / "patches"):
        for change in one.files:
            if change.target not in texts:
                old = (pinned / change.target).read_text(encoding="utf-8")
                new = base / change.target
                texts[change.target] = patch.Text.of(old)
                guide.compare(change.target, old, new.read_text(encoding="utf-8") if new.exists() else "")
            problems = patch.try_to_apply(one.name, change, texts[change.target], made_for=guide.made_for)
            if problems:
                raise BuildError("\n".join(problems))
    return guide


def _generator_key(top: Path, base_id: str) -> str:
    digest = hashlib.sha256(base_id.encode())
    for folder in (top / "Tools/cases_generator", top / DEFINITIONS):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "tests" not in path.parts and path.suffix in (".py", ".c", ".h", ".toml"):
                data = path.read_bytes()
                digest.update(f"{path.relative_to(top).as_posix()} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def generated_files(top: Path, base: Path, build: Path) -> dict[str, Path]:
    """Run the cases generator if its inputs changed; return its outputs by their path in the tree."""
    if not (top / GENERATOR).exists():
        return {}
    folder = build / "generated"
    key = _generator_key(top, _base_id(base))
    stamp = folder / ".key"
    if not stamp.exists() or stamp.read_text() != key:
        build.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=build) as name:
            out = Path(name, "generated")
            for sub in ("Include/internal", "Lib", "Python"):
                (out / sub).mkdir(parents=True)
            print("generating the interpreter", flush=True)
            command = [sys.executable, str(top / GENERATOR), "--base", str(base)]
            command += ["--defs", str(top / DEFINITIONS), "--out", str(out)]
            done = subprocess.run(command, cwd=top, check=False)
            if done.returncode:
                raise BuildError(f"{GENERATOR} failed; its messages are above")
            (out / ".key").write_text(key)
            if folder.exists():
                os.replace(folder, Path(name, "old"))
            os.replace(out, folder)
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".key" and path.suffix != ".new"
    }


def _fixed_files(
    top: Path,
    base: Path,
    rules: Rules,
    ours: dict[str, Path],
    applied: fixes.Fixes,
    guide: patch.Guide | None,
) -> dict[str, tuple[bytes | None, str]]:
    """Return upstream's files as our patches and then the fixes leave them, and what changed each last."""
    patched = patched_files(top, base, guide)
    taboo = dict.fromkeys(ours, "is ours")
    taboo[f"{DEFINITIONS}.c"] = "our generator reads, with definitions of ours over it,"
    for names, who in ((rules.remove, "is removed"), (rules.generated, "our generator writes")):
        taboo |= dict.fromkeys(names, who)
    result: dict[str, tuple[bytes | None, str]] = {name: (data, "patches") for name, data in patched.items()}
    for name, fixed in fixes.apply(applied, base, patched, taboo).items():
        result[name] = (fixed, "Debian's fixes")
    if FIXES_MAKEFILE in result:
        data, origin = result[FIXES_MAKEFILE]
        result[FIXES_MAKEFILE] = ((data or b"") + fixes.variables(applied).encode(), origin)
    return result


def layers(
    top: Path,
    base: Path,
    build: Path,
    config: Config,
    applied: fixes.Fixes = fixes.NONE,
    guide: patch.Guide | None = None,
) -> dict[str, Layer | None]:
    """Return what every laid file should be (None: removed), all overrides checked."""
    rules_path = top / "Tools/build/overlay.toml"
    rules = load_rules(rules_path)
    where = rules_path.relative_to(top)
    result: dict[str, Layer | None] = {}
    problems: list[str] = []

    ours = our_files(top)
    for name, path in ours.items():
        if name not in rules.replace and (base / name).exists():
            problems.append(
                f"{name}: stands over an upstream file; name it in {where} [replace] or rename it"
            )
        result[name] = Layer(path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644, name)
    for name in sorted(rules.replace):
        if not (base / name).exists():
            problems.append(
                f"{where} [replace]: {name} does not exist in the base: removed or renamed upstream?"
            )
        if name not in ours:
            problems.append(f"{where} [replace]: {name} is not among our files")

    generated: dict[str, Path] = {}
    try:
        generated = generated_files(top, base, build)
    except BuildError as error:
        problems.append(str(error))
    for name, path in generated.items():
        if name in result:
            problems.append(f"{name}: is generated, and a file of ours too")
        if name not in rules.generated and (base / name).exists():
            problems.append(f"{name}: the generator writes an upstream file; name it in {where} [generated]")
        result[name] = Layer(path.read_bytes(), 0o644, GENERATOR)
    for name in sorted(rules.generated if generated else ()):
        if not (base / name).exists():
            problems.append(f"{where} [generated]: {name} does not exist in the base")
        if name not in generated:
            problems.append(f"{where} [generated]: {name} is not written by the generator")

    fixed: dict[str, tuple[bytes | None, str]] = {}
    try:
        fixed = _fixed_files(top, base, rules, ours, applied, guide)
    except BuildError as error:
        problems += str(error).splitlines()
    for name, (data, by) in fixed.items():
        if name in result:
            origin = result[name]
            problems.append(f"{name}: is patched, and replaced by {origin.origin if origin else 'nothing'}")
        mode = 0o755 if os.access(base / name, os.X_OK) else 0o644
        result[name] = None if data is None else Layer(data, mode, by)
    result[FIXES_HEADER] = Layer(fixes.header(applied).encode(), 0o644, "Debian's fixes")

    for name in sorted(rules.remove):
        if not (base / name).is_file():
            problems.append(
                f"{where} [remove]: {name} does not exist in the base: removed or renamed upstream?"
            )
        if name in result:
            problems.append(f"{where} [remove]: {name} is laid over as well")
        result[name] = None

    for name, text in jit_fragments(top, config, sorted(ours)).items():
        result[name] = Layer(text.encode(), 0o644, "Tools/build/jit_make.py")
    if problems:
        raise BuildError("the overlay does not fit the base:\n  " + "\n  ".join(problems))
    return result


def _base_id(base: Path) -> str:
    return (base / ".base-is-complete").read_text()


def _copy_base(base: Path, tree: Path, base_id: str) -> None:
    print(f"copying the base to {tree}", flush=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=tree.parent) as name:
        shutil.copytree(base, Path(name, "tree"), symlinks=True)
        Path(name, "tree", ".base").write_text(base_id)
        if tree.exists():
            os.replace(tree, Path(name, "old"))
        os.replace(Path(name, "tree"), tree)


def stock_tree(base: Path, tree: Path) -> None:
    """Make a tree of the untouched base, unless it is there."""
    stamp = tree / ".base"
    if not stamp.exists() or stamp.read_text() != _base_id(base):
        _copy_base(base, tree, _base_id(base))


def overlay(
    config: Config, base: Path, build: Path, tree: Path, top: Path = TOP, applied: fixes.Fixes = fixes.NONE
) -> list[str]:
    """Bring a tree up to date; return the paths that were written or removed."""
    base_id = _base_id(base)
    wanted = layers(top, base, build, config, applied)
    state_path = tree.with_name(tree.name + ".laid.json")
    stamp = tree / ".base"
    if not stamp.exists() or stamp.read_text() != base_id:
        _copy_base(base, tree, base_id)
        state_path.unlink(missing_ok=True)
    laid: set[str] = set(json.loads(state_path.read_text())) if state_path.exists() else set()
    if laid | set(wanted) != laid:
        write_atomic(state_path, json.dumps(sorted(laid | set(wanted)), indent=0).encode())

    changed = []
    for name, layer in sorted(wanted.items()):
        path = tree / name
        if layer is None:
            if path.exists():
                path.unlink()
                changed.append(name)
        elif write_if_changed(path, layer.data, layer.mode):
            changed.append(name)
    for name in sorted(laid - set(wanted)):
        path, original = tree / name, base / name
        if original.is_file():
            mode = 0o755 if os.access(original, os.X_OK) else 0o644
            if write_if_changed(path, original.read_bytes(), mode):
                changed.append(name)
        elif path.exists():
            path.unlink()
            # An object file of a source that is gone must not be linked or read again.
            for suffix in (".o", ".d"):
                path.with_suffix(suffix).unlink(missing_ok=True)
            changed.append(name)
    if laid != set(wanted):
        write_atomic(state_path, json.dumps(sorted(wanted), indent=0).encode())
    return changed
