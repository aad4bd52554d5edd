"""tomlkit: parses a project file, changes it and writes it with its comments."""

from __future__ import annotations

import tomlkit

SECTION = """
[tool.part-{n}]   # part {n}
name = "part-{n}"
numbers = [1, 2, 3, {n}]  # some
nested = {{a = 1, b = "two", c = [true, false]}}
when = 2024-05-01T10:20:30Z
text = '''
literal {n}
'''
"""
TEXT = "# settings\n[project]\nname = 'x'\n" + "".join(SECTION.format(n=n) for n in range(12))


def run() -> object:
    document = tomlkit.parse(TEXT)
    for name, table in document["tool"].items():
        table["numbers"].append(len(name))
        table["added"] = f"for {name}"
    return tomlkit.dumps(document)
