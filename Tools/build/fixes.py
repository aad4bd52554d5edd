"""The fixes of Debian's source package: where they come from, which are taken, and applying them.

security_fixes.toml says which of the package's patches are taken.  The package's revision moves and old ones
vanish from the archive, so no revision is pinned: what apt hands over, its signatures checked, is used.

The setting (--with-security-fixes) is "auto", "yes", "no" or the path of a debian.tar.xz:
- auto and yes: the newest revision in the archive; if it cannot be had, the one in the cache.  If there is
  none either, yes is an error, and auto builds without, says so at every make, and asks again when it is told
  to (`make update-fixes`).  Auto takes a base given as a folder as it is: it may have been patched already.
- a path: that revision.  What it lacks of [taken] is named, and is no error: it was asked for.

Invariants: 1. a build folder keeps the revision it has until the list, the setting or `make update-fixes`
changes it; 2. build/fixes appears whole (renamed); 3. the base is only read.
"""

from __future__ import annotations

import dataclasses
import json
import lzma
import os
import re
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path

from . import debian, fetch
from .common import TOP, BuildError, sha256_file, write_atomic
from .config import Base, Config

LIST = TOP / "Tools/build/security_fixes.toml"
_SHOWN_LIST = "Tools/build/security_fixes.toml"
_CURES = (
    "  ./configure --with-security-fixes=FILE  pins another revision, by its debian.tar.xz; those that were\n"
    "                                          had before are in the cache, beside the release\n"
    "  ./configure --with-security-fixes=no    builds without any"
)

# Upstream commits what these make; nothing here runs its generators, so a fix has to bring both.
_MADE_FROM = {
    "configure.ac": "configure",
    "Grammar/Tokens": "Parser/token.c",
    "Grammar/python.gram": "Parser/parser.c",
    "Parser/Python.asdl": "Python/Python-ast.c",
}


@dataclasses.dataclass(frozen=True)
class Fix:
    """One patch of the package."""

    name: str
    data: bytes

    @property
    def short(self) -> str:
        """The name without its suffix, as sysconfig and sys._jit show it."""
        return re.sub(r"\.(?:patch|diff)$", "", self.name)


@dataclasses.dataclass(frozen=True)
class Fixes:
    """What is applied.  `revision` is the package's, "" if nothing is; then `reason` says why."""

    revision: str = ""
    reason: str = ""
    fixes: tuple[Fix, ...] = ()

    def describe(self) -> str:
        """Say in one line what is in."""
        if not self.revision:
            return f"none ({self.reason})"
        names = ", ".join(fix.short for fix in self.fixes)
        return f"{len(self.fixes)} of the Debian package {self.revision}: {names}"


NONE = Fixes(reason="none were asked for")


@dataclasses.dataclass(frozen=True)
class Package:
    """The patches of one debian.tar.xz, in the order of its series."""

    name: str
    revision: str
    patches: tuple[Fix, ...]


def load_list(path: Path = LIST) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is taken and what is left out, each by its name."""
    try:
        data = tomllib.loads(path.read_text())
        taken, left_out = dict(data["taken"]), dict(data["left_out"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise BuildError(f"{path}: {error!r}") from error
    both = sorted(taken.keys() & left_out.keys())
    if both:
        raise BuildError(f"{path}: both taken and left out: {', '.join(both)}")
    return taken, left_out


def read_package(path: Path, base: Base) -> Package:
    """Read a debian.tar.xz, nothing of it unpacked; refuse one that is not of the base's release."""
    try:
        with tarfile.open(path) as tar:

            def text(name: str) -> bytes:
                stream = tar.extractfile(name)
                if stream is None:
                    raise KeyError(f"{name} is not a file")
                return stream.read()

            first = text("debian/changelog").decode("utf-8", "replace").partition("\n")[0]
            series = text("debian/patches/series").decode().splitlines()
            names = [line.split("#", 1)[0].split()[0] for line in series if line.split("#", 1)[0].strip()]
            patches = tuple(Fix(name, text(f"debian/patches/{name}")) for name in names)
    except (OSError, tarfile.TarError, lzma.LZMAError, EOFError, KeyError, UnicodeDecodeError) as error:
        raise BuildError(f"{path} is not a debian.tar.xz of {base.debian_package}: {error}") from error
    match = re.match(r"(\S+) \(([^)\s]+)\)", first)
    name, revision = (match[1], match[2]) if match else ("?", "?")
    if name != base.debian_package or not revision.startswith(f"{base.version}-"):
        raise BuildError(
            f"{path} holds {name} {revision}; fixes of {base.debian_package} {base.version} are wanted"
        )
    return Package(name, revision, patches)


def looks_like_fix(fix: Fix) -> bool:
    """Tell a fix from a change of Debian's own, by the patch's name and what stands before its changes."""
    head = fix.data.partition(b"\n--- ")[0].decode("utf-8", "replace")
    return "CVE-" in fix.name or re.search(r"\bCVE[- ]\d{4}-\d+|\[3\.\d+\] gh-\d+", head) is not None


def select(package: Package, strict: bool, path: Path = LIST) -> Fixes:
    """Choose by the list; print what it does not know.  `strict`: what is taken has to be there."""
    taken, left_out = load_list(path)
    gone = [name for name in taken if name not in {fix.name for fix in package.patches}]
    if gone and strict:
        raise BuildError(
            f"{package.name} {package.revision} does not have what {_SHOWN_LIST} names as taken:\n"
            + "".join(f"  {name}: {taken[name]}\n" for name in gone)
            + "The archive is older than the list, or Debian has dropped or renamed the patch.  If so, take\n"
            f"its line out of the list.  Meanwhile:\n{_CURES}"
        )
    if gone:
        print(f"security fixes: {package.revision} does not have: {', '.join(gone)}", flush=True)
    fixes, unknown, foreign = [], [], []
    for fix in package.patches:
        if fix.name in taken:
            fixes.append(fix)
        elif fix.name not in left_out:
            if looks_like_fix(fix):
                fixes.append(fix)
                unknown.append(fix.name)
            else:
                foreign.append(fix.name)
    for names, what in ((unknown, "applied"), (foreign, "no fix by its looks, left out")):
        if names:
            print(f"security fixes: not named in {_SHOWN_LIST}, {what}: {', '.join(names)}", flush=True)
    return Fixes(package.revision, "", tuple(fixes))


# ---- Where the package comes from


def _newest(base: Base) -> Path:
    """The file in the cache that names its newest revision; each revision is kept under its own name."""
    return fetch.cache_folder() / f"{base.debian_package}_{base.version}.newest.json"


def _keep(path: Path, package: Package, base: Base) -> None:
    """Put a package that apt vouched for into the cache, and note its sum."""
    target = fetch.cache_folder() / f"{package.name}_{package.revision}.debian.tar.xz"
    write_atomic(target, path.read_bytes())
    note = {"file": target.name, "sha256": sha256_file(target)}
    write_atomic(_newest(base), json.dumps(note).encode())


def _cached(base: Base) -> Path | None:
    """Return the newest package of the cache, if it is there and is what was put there."""
    try:
        note = json.loads(_newest(base).read_text())
        path = fetch.cache_folder() / note["file"]
        return path if sha256_file(path) == note["sha256"] else None
    except (OSError, ValueError, KeyError):
        return None


def from_archive(base: Base, scratch: Path) -> Path:
    """Download the debian.tar.xz of the newest revision."""

    def pick(out: Path) -> Path:
        found = sorted(out.glob(f"{base.debian_package}_{base.version}-*.debian.tar.*"))
        if len(found) != 1:
            there = ", ".join(sorted(item.name for item in out.iterdir())) or "nothing"
            raise BuildError(f"the archive has {there}, no package of {base.version}")
        return found[0]

    return debian.download(base, scratch, pick, ("--diff-only",))


def _resolve(config: Config, base: Base, update: bool, scratch: Path) -> Fixes:
    """Find the package; return what is taken of it."""
    if config.fixes not in ("auto", "yes"):
        return select(read_package(Path(config.fixes), base), strict=False)
    print("looking for security fixes: Debian source package", flush=True)
    try:
        path = from_archive(base, scratch)
        package = read_package(path, base)
    except BuildError as error:
        if update:
            raise BuildError(f"newer security fixes cannot be had, what is in stays: {error}") from error
        reason = str(error)
    else:
        _keep(path, package, base)
        return select(package, strict=True)
    cached = _cached(base)
    if cached is not None:
        print(f"the archive cannot be asked ({reason}); taking {cached}", flush=True)
        return select(read_package(cached, base), strict=False)
    if config.fixes == "yes":
        raise BuildError(f"--with-security-fixes: the fixes cannot be had: {reason}\n{_CURES}")
    return Fixes(reason=reason)


def _key(config: Config, base: Base) -> str:
    """Whatever decides which fixes are in, but the state of the archive."""
    parts = [base.version, config.fixes, sha256_file(LIST)]
    if config.fixes not in ("auto", "yes"):
        try:
            parts.append(sha256_file(Path(config.fixes)))
        except OSError as error:
            raise BuildError(f"--with-security-fixes: {config.fixes}: {error.strerror}") from error
    return "\n".join(parts)


def _unwanted(config: Config) -> str:
    """Return why no fixes are looked for, or ""."""
    if config.fixes == "no":
        return "--with-security-fixes=no"
    if config.fixes == "auto" and config.source and Path(config.source).is_dir():
        return "the release was given as a folder, which is taken as it is"
    return ""


def load(config: Config, base: Base, build: Path) -> Fixes | None:
    """Return what this build folder has; None if that has to be found out first."""
    if reason := _unwanted(config):
        return Fixes(reason=reason)
    folder = build / "fixes"
    try:
        state = json.loads((folder / "state.json").read_text())
        if state["key"] != _key(config, base):
            return None
        fixes = tuple(Fix(name, (folder / "patches" / name).read_bytes()) for name in state["names"])
        return Fixes(state["revision"], state["reason"], fixes)
    except (OSError, ValueError, KeyError):
        return None


def ensure(config: Config, base: Base, build: Path, update: bool = False) -> Fixes:
    """Return the fixes of this build, finding them if need be; `update` asks the archive in any case."""
    have = load(config, base, build)
    if have is not None and not (update and not _unwanted(config)):
        if have.reason and config.fixes == "auto" and not _unwanted(config):
            print(
                f"warning: no security fixes are in ({have.reason}); `make update-fixes` tries again",
                flush=True,
            )
        return have
    folder = build / "fixes"
    with fetch.scratch_folder(build) as scratch:
        fixes = _resolve(config, base, update, scratch)
        if not fixes.revision and (folder / "patches").exists():
            # A build that had them does not lose them because the archive is away.
            raise BuildError(
                f"the security fixes have to be found anew, and cannot be had: {fixes.reason}\n{_CURES}"
            )
        made = scratch / "fixes"
        for fix in fixes.fixes:
            write_atomic(made / "patches" / fix.name, fix.data)
        state = {
            "key": _key(config, base),
            "revision": fixes.revision,
            "reason": fixes.reason,
            "names": [fix.name for fix in fixes.fixes],
        }
        write_atomic(made / "state.json", json.dumps(state, indent=1).encode())
        if folder.exists():
            os.replace(folder, scratch / "old")
        os.replace(made, folder)
    print(f"security fixes: {fixes.describe()}", flush=True)
    return fixes


def outlook(config: Config, base: Base, build: Path) -> str:
    """Say what the next make will use, without asking the archive (for ./configure)."""
    have = load(config, base, build)
    if have is not None:
        return have.describe()
    if config.fixes not in ("auto", "yes"):
        return select(read_package(Path(config.fixes), base), strict=False).describe()
    cached = _cached(base)
    if cached is not None:
        return f"make asks Debian's archive; in the cache: {read_package(cached, base).revision}"
    return "make asks Debian's archive"


# ---- Applying them


def touched(fix: Fix) -> list[str]:
    """Return the files a patch names, the first folder of each name dropped."""
    names = []
    for line in re.findall(rb"^(?:---|\+\+\+) ([^\t\n]+)", fix.data, re.MULTILINE):
        name = line.decode("utf-8", "replace").strip().partition("/")[2]
        # Not: /dev/null, and what leaves the folder, which patch itself refuses.
        if name and not name.startswith("/") and ".." not in name.split("/") and name != "dev/null":
            names.append(name)
    return list(dict.fromkeys(names))


def apply(fixes: Fixes, base: Path, ours: dict[str, bytes], taboo: dict[str, str]) -> dict[str, bytes | None]:
    """Return every file the fixes change, as it is after them; None is a file they remove.

    `ours` are upstream's files as our patches left them: our patches name exact lines of the release, so they
    come first, and the fixes follow with `patch`, which lets a hunk move but not match by halves.  `taboo`
    are files that are not upstream's here, each with who stands there.
    """
    if not fixes.fixes:
        return {}
    with tempfile.TemporaryDirectory(prefix="fixes-") as scratch:
        before: dict[str, bytes] = {}
        for fix in fixes.fixes:
            where = f"the security fix {fix.name} of {fixes.revision}"
            names = touched(fix)
            for name in names:
                if name in taboo:
                    raise BuildError(
                        f"{where} changes {name}, which {taboo[name]} here.\nDo by hand what it does, then"
                        f" name it in {_SHOWN_LIST} [left_out].  Meanwhile:\n{_CURES}"
                    )
                if name in _MADE_FROM and _MADE_FROM[name] not in names:
                    raise BuildError(
                        f"{where} changes {name}, and not {_MADE_FROM[name]},"
                        f" which upstream makes from it.\n{_CURES}"
                    )
                if name not in before:
                    source = base / name
                    if name in ours or source.is_file():
                        before[name] = ours[name] if name in ours else source.read_bytes()
                        write_atomic(Path(scratch, name), before[name])
            command = ["patch", "-p1", "--fuzz=0", "--force", "--remove-empty-files"]
            command += ["--no-backup-if-mismatch", "--reject-file=-", f"--directory={scratch}"]
            try:
                done = subprocess.run(command, input=fix.data, capture_output=True, check=False)
            except OSError as error:
                raise BuildError(f"the security fixes need the program patch: {error.strerror}") from error
            if done.returncode:
                said = (done.stdout + done.stderr).decode("utf-8", "replace").strip().replace("\n", "\n  ")
                raise BuildError(
                    f"{where} does not fit this tree:\n  {said}\n"
                    f"If the tree has it already or must do without, name it in {_SHOWN_LIST} [left_out].\n"
                    f"Meanwhile:\n{_CURES}"
                )
        result: dict[str, bytes | None] = {}
        for path in sorted(Path(scratch).rglob("*")):
            if path.is_file():
                name = path.relative_to(scratch).as_posix()
                data = path.read_bytes()
                if before.get(name) != data:
                    result[name] = data
        for name in before:
            if not Path(scratch, name).exists():
                result[name] = None
        return result


def header(fixes: Fixes) -> str:
    """Return the C header that tells sys._jit."""
    names = "".join(f' \\\n    X("{fix.short}")' for fix in fixes.fixes)
    return f"/* Written by the overlay; changes are lost. */\n#define JIT_SECURITY_FIXES(X){names}\n"


def variables(fixes: Fixes) -> str:
    """Return the lines of the makefile that sysconfig reads."""
    names = " ".join(fix.short for fix in fixes.fixes)
    return f"\n# Written by the overlay.\nSECURITY_FIXES=\t{names}\nSECURITY_FIXES_FROM=\t{fixes.revision}\n"


def texts(fixes: Fixes) -> list[tuple[str, str]]:
    """Return each fix as text with the marks of the lines taken off, to compare our files with."""
    return [
        (
            f"Debian's {fix.name}",
            re.sub(r"^[ +-]", "", fix.data.decode("utf-8", "replace"), flags=re.MULTILINE),
        )
        for fix in fixes.fixes
    ]
