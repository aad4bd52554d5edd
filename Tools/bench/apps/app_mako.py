"""Mako: compiles a template and renders a table with functions and filters."""

from __future__ import annotations

from mako.template import Template

SOURCE = """
<%def name="cell(value)"><td>${value | h}</td></%def>
<%! import math %>
<table>
% for row in rows:
  <tr class="${'odd' if loop.index % 2 else 'even'}">
  % for value in row:
    % if value is None:
      <td class="empty"/>
    % else:
      ${cell(value)}
    % endif
  % endfor
  <td>${math.floor(sum(value or 0 for value in row[1:]))}</td>
  </tr>
% endfor
</table>
"""
ROWS = [[f"row <{n}>", *(None if (n + m) % 7 == 0 else n * m + 0.5 for m in range(12))] for n in range(900)]
TEMPLATE = Template(SOURCE)


def run() -> object:
    return TEMPLATE.render(rows=ROWS), Template(SOURCE).render(rows=ROWS[:3])
