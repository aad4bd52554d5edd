"""apt's two forms of source lists, and which entries are Debian mirrors."""

from __future__ import annotations

from pathlib import Path

from Tools.build.apt_sources import (
    Source,
    debian_mirrors,
    parse_deb822,
    parse_list,
    read_sources,
    security_archives,
)

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://one.example/debian bookworm main contrib
deb [arch=amd64 signed-by=/k.gpg] http://two.example/debian/ trixie-updates main  # why
deb-src http://three.example/debian bookworm main
nonsense
"""

STANZAS = """\
Types: deb
# a remark inside
URIs: http://four.example/debian
 http://five.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/k.gpg

Types: deb
URIs: http://six.example/debian
Suites: trixie
Components: main
Enabled: no

Types: deb
URIs: http://seven.example/debian
Suites: sid
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
"""


def test_one_line_form() -> None:
    assert list(parse_list(ONE_LINE)) == [
        Source("http://one.example/debian", ("bookworm",), ("main", "contrib"), ""),
        Source("http://two.example/debian/", ("trixie-updates",), ("main",), "/k.gpg"),
        Source("http://three.example/debian", ("bookworm",), ("main",), ""),
    ]


def test_stanza_form() -> None:
    suites = ("bookworm", "bookworm-updates")
    assert list(parse_deb822(STANZAS)) == [
        Source("http://four.example/debian", suites, ("main",), "/usr/share/keyrings/k.gpg"),
        Source("http://five.example/debian", suites, ("main",), "/usr/share/keyrings/k.gpg"),
        Source("http://seven.example/debian", ("sid",), ("main",), ""),
    ]


def test_only_debian_archives_once_each() -> None:
    sources = [
        Source("http://a.example/debian/", ("bookworm",), ("main",), ""),
        Source("http://a.example/debian", ("trixie",), ("main",), "/other"),
        Source("http://tool.example/apt", ("tool-bookworm",), ("main",), ""),
        Source("http://sec.example/debian-security", ("bookworm-security",), ("main",), ""),
        Source("http://b.example/debian", ("bookworm",), ("non-free",), ""),
        Source("cdrom:[Debian]", ("bookworm",), ("main",), ""),
    ]
    assert debian_mirrors(sources) == sources[:1]
    assert security_archives(sources) == sources[3:4]


def test_files_are_read_as_apt_does(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://z.example/debian sid main\n")
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "a.sources").write_text(STANZAS)
    (parts / "b.list").write_text(ONE_LINE)
    (parts / "c.list.save").write_text("deb http://saved.example/debian sid main\n")
    hosts = [
        source.uri.split("/")[2].split(".")[0] for source in read_sources(tmp_path / "sources.list", parts)
    ]
    assert hosts == ["z", "four", "five", "seven", "one", "two", "three"]
    assert read_sources(tmp_path / "absent", tmp_path / "absent.d") == []
