"""Read the machine's own apt configuration: which mirrors carry Debian, and with which keyring.

Both forms are read: one line a source (``deb [options] URI SUITE COMPONENT...``) and deb822 stanzas
(``*.sources``).  Nothing is changed; the addresses are used to write a private sources list.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# A mirror that serves one of these under "main" is a Debian mirror; other archives name their own suites.
_DEBIAN_SUITES = frozenset(
    ["stable", "oldstable", "testing", "unstable", "sid", "bullseye", "bookworm", "trixie", "forky", "duke"]
)


@dataclasses.dataclass(frozen=True)
class Source:
    """One entry: an archive's address, its suites and components, and its keyring ("" if none is named)."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str


def parse_list(text: str) -> Iterator[Source]:
    """Parse the one-line form."""
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        match = re.fullmatch(r"deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+\S+)*)", line)
        if match is None:
            continue
        options = dict(
            word.partition("=")[::2] for word in (match[1] or "").replace(" =", "=").split() if "=" in word
        )
        yield Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by", ""))


def parse_deb822(text: str) -> Iterator[Source]:
    """Parse the stanza form.  A key given inline in Signed-By is not a path and is left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n[ \t]*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        last = ""
        for line in stanza.splitlines():
            if line[:1] in (" ", "\t"):
                if last:
                    fields[last] += "\n" + line.strip()
            else:
                name, colon, value = line.partition(":")
                if colon:
                    last = name.strip().lower()
                    fields[last] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        signed_by = fields.get("signed-by", "")
        if "\n" in signed_by or not signed_by.startswith("/"):
            signed_by = ""
        for uri in fields.get("uris", "").split():
            suites = tuple(fields.get("suites", "").split())
            yield Source(uri, suites, tuple(fields.get("components", "").split()), signed_by)


def apt_folders() -> tuple[Path, Path]:
    """Return apt's own sources.list and sources.list.d, wherever its configuration puts them."""
    values = {"Dir": "/", "Dir::Etc": "etc/apt"}
    values |= {"Dir::Etc::sourcelist": "sources.list", "Dir::Etc::sourceparts": "sources.list.d"}
    try:
        dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        dump = ""
    for name, value in re.findall(r'^(Dir(?:::\w+)*) "(.*)";$', dump, re.MULTILINE):
        if name in values:
            values[name] = value
    etc = os.path.join(values["Dir"], values["Dir::Etc"])
    return Path(etc, values["Dir::Etc::sourcelist"]), Path(etc, values["Dir::Etc::sourceparts"])


def read_sources(sourcelist: Path, sourceparts: Path) -> list[Source]:
    """Read every source apt would, in apt's order."""
    files = [sourcelist] if sourcelist.is_file() else []
    if sourceparts.is_dir():
        files += sorted(path for path in sourceparts.iterdir() if path.suffix in (".list", ".sources"))
    sources: list[Source] = []
    for path in files:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        sources += parse_deb822(text) if path.suffix == ".sources" else parse_list(text)
    return sources


def _remote(source: Source) -> bool:
    return source.uri.startswith(("http://", "https://", "mirror+", "file:"))


def debian_mirrors(sources: list[Source]) -> list[Source]:
    """Return the entries whose archive is Debian's, one for each address."""
    found: dict[str, Source] = {}
    for source in sources:
        if _remote(source) and "main" in source.components and _DEBIAN_SUITES.intersection(source.suites):
            found.setdefault(source.uri.rstrip("/"), source)
    return list(found.values())


def security_archives(sources: list[Source]) -> list[Source]:
    """Return the entries whose archive carries security updates of a Debian release, one for each address."""
    suites = {f"{suite}-security" for suite in _DEBIAN_SUITES}
    found: dict[str, Source] = {}
    for source in sources:
        if _remote(source) and "main" in source.components and suites.intersection(source.suites):
            found.setdefault(source.uri.rstrip("/"), source)
    return list(found.values())
