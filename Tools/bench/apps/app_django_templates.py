"""Django's template engine: compiles and renders a page with includes, loops, filters and a block."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.template import Context, Engine

settings.configure(USE_I18N=False, USE_TZ=False)

TEMPLATES = {
    "base.html": "<html><h1>{% block title %}none{% endblock %}</h1>{% block body %}{% endblock %}</html>",
    "row.html": (
        "<tr class='{% cycle 'odd' 'even' %}'><td>{{ item.name|title }}</td>"
        "<td>{{ item.price|floatformat:2 }}</td>"
        "<td>{{ item.since|date:'Y-m-d' }}</td><td>{{ item.tags|join:', ' }}</td></tr>"
    ),
    "page.html": (
        "{% extends 'base.html' %}{% block title %}{{ title }}{% endblock %}{% block body %}<table>"
        "{% for item in items %}"
        "{% if item.price > 100 and not item.sold %}<!-- {{ forloop.counter }} -->{% endif %}"
        "{% with total=item.price|add:1 %}<!-- {{ total }} -->{% endwith %}{% include 'row.html' %}"
        "{% empty %}none{% endfor %}</table>{% endblock %}"
    ),
}
LOADERS = [("django.template.loaders.locmem.Loader", TEMPLATES)]
ITEMS = [
    {
        "name": f"thing <{n}>",
        "price": n * 3,
        "sold": n % 4 == 0,
        "since": datetime.date(2024, n % 12 + 1, n % 28 + 1),
        "tags": ["new", f"size-{n % 5}"],
    }
    for n in range(700)
]


def run() -> object:
    engine = Engine(loaders=[("django.template.loaders.cached.Loader", LOADERS)])
    return engine.get_template("page.html").render(Context({"title": "A & B", "items": ITEMS}))
