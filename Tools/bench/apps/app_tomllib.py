"""The standard library's tomllib: reads a lock file."""

from __future__ import annotations

import tomllib

PACKAGE = """
[[package]]
name = "package-{n}"
version = "1.{n}.0"
released = 2024-05-{day:02}T10:20:30Z
weight = {n}.5e3
optional = false
"quoted key" = 'literal \\ string'
files = [
    {{file = "package-{n}.tar.gz", hash = "sha256:00ff{n}"}},  # comment
    {{file = "package-{n}.whl", hash = "sha256:ff00{n}"}},
]
description = \"\"\"
Some text
over \\
  lines \\u00e9\"\"\"
[package.dependencies]
other.version = ">=1"
other.optional = true
"""
TEXT = "title = 'lock'\n" + "".join(PACKAGE.format(n=n, day=n % 28 + 1) for n in range(600))


def run() -> object:
    return tomllib.loads(TEXT)
