"""pyparsing: a grammar of settings with nested groups, and arithmetic by infix_notation."""

from __future__ import annotations

import pyparsing as pp

IDENTIFIER = pp.Word(pp.alphas, pp.alphanums + "_")
NUMBER = pp.Regex(r"\d+(\.\d+)?").set_parse_action(lambda found: float(found[0]))
STRING = pp.QuotedString('"', esc_char="\\")
VALUE = pp.Forward()
LIST = pp.Group(pp.Suppress("[") + pp.Optional(pp.DelimitedList(VALUE)) + pp.Suppress("]"))
ENTRY = pp.Group(IDENTIFIER("key") + pp.Suppress("=") + VALUE("value") + pp.Suppress(";"))
BLOCK = pp.Group(pp.Suppress("{") + pp.ZeroOrMore(ENTRY) + pp.Suppress("}"))
VALUE <<= NUMBER | STRING | LIST | BLOCK | IDENTIFIER
SETTINGS = pp.ZeroOrMore(ENTRY).ignore(pp.python_style_comment)
ARITHMETIC = pp.infix_notation(
    NUMBER | IDENTIFIER,
    [(pp.one_of("* /"), 2, pp.OpAssoc.LEFT), (pp.one_of("+ -"), 2, pp.OpAssoc.LEFT)],
)
TEXT = "".join(
    f'entry{n} = {{ name = "text {n}"; list = [1, 2.5, "x", [{n}]]; inner = {{ deep = yes; }}; }}; # {n}\n'
    for n in range(50)
)


def run() -> object:
    settings = SETTINGS.parse_string(TEXT, parse_all=True).as_list()
    return settings, [ARITHMETIC.parse_string(f"a + {n} * (b - 2) / 3").as_list() for n in range(3)]
