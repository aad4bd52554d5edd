"""markdown-it-py: renders a document with lists, tables, code, links and emphasis."""

from __future__ import annotations

from markdown_it import MarkdownIt

SECTION = """\
Section {n}
===========

Some *emphasis*, **strong {n}**, `code`, a [link](https://example.org/{n} "title") and <b>html</b>.
A second line with an auto link <https://example.org> and an escape \\* \\_.

* one
* two
    1. nested {n}
    2. nested again

> quoted text
> over two lines

```python
def function(x):
    return x + {n}
```

| name | value |
|------|------:|
| a    | {n}   |
| b    | `c`   |

![image](picture-{n}.png)

***
"""
TEXT = "\n".join(SECTION.format(n=n) for n in range(60))


def run() -> object:
    return MarkdownIt("commonmark").enable("table").render(TEXT)
