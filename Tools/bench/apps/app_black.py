"""black: formats a module of another package, as from an editor."""

from __future__ import annotations

import importlib.resources

import black

SOURCE = importlib.resources.files("jinja2").joinpath("lexer.py").read_text()[:6000]
SOURCE = SOURCE[: SOURCE.rindex("\ndef ")] + "\n"
MODE = black.Mode(line_length=60)


def run() -> object:
    return black.format_str(SOURCE, mode=MODE)
