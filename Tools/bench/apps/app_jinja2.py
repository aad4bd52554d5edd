"""Jinja2: renders a page with inheritance, macros, loops and filters; one small template is compiled anew."""

from __future__ import annotations

import jinja2

TEMPLATES = {
    "base": "<html><h1>{% block title %}{% endblock %}</h1>{% block body %}{% endblock %}</html>",
    "row": (
        "{% macro cell(value, kind='td') %}<{{ kind }}>{{ value }}</{{ kind }}>{% endmacro %}"
        "{% macro row(item) %}<tr class='{{ loop_class(item.number) }}'>{{ cell(item.number) }}"
        "{{ cell(item.name|title) }}{{ cell('%.2f'|format(item.price)) }}"
        "{{ cell(item.tags|sort|join(', ')) }}</tr>{% endmacro %}"
    ),
    "page": (
        "{% extends 'base' %}{% from 'row' import row with context %}"
        "{% block title %}{{ title|e }}{% endblock %}"
        "{% block body %}<table>{% for item in items %}"
        "{% if item.price > limit %}<!-- {{ loop.index }} dear -->"
        "{% elif loop.first %}<!-- first -->{% endif %}{{ row(item) }}{% else %}none{% endfor %}</table>"
        "<p>{{ items|map(attribute='price')|sum|round(2) }}</p>{% endblock %}"
    ),
}
COMPILED = "{% for a, b in pairs %}{{ a }}={{ b|default('none') }}{{ ';' if not loop.last }}{% endfor %}"

ENVIRONMENT = jinja2.Environment(loader=jinja2.DictLoader(TEMPLATES), autoescape=True)
ENVIRONMENT.globals["loop_class"] = lambda number: "odd" if number % 2 else "even"
ITEMS = [
    {"number": n, "name": f"thing <{n}>", "price": n * 1.25, "tags": ["new", "blue", f"size-{n % 5}"]}
    for n in range(800)
]


def run() -> object:
    page = ENVIRONMENT.get_template("page").render(title="A & B", items=ITEMS, limit=150)
    small = ENVIRONMENT.from_string(COMPILED).render(pairs=[(1, 2), (3, None)])
    return page, small
