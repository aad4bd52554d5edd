"""html5lib: parses a page that is not well-formed, and writes it again."""

from __future__ import annotations

import html5lib

ITEM = """
<li id=item-{n} class="odd even"><a href="/page/{n}?a=1&b=2">Page {n}</a> &amp; more &copy; <br>
<table><tr><td>{n}<td><b>bold <i>both</b> italic</i></table><p>one<p>two <!-- comment {n} -->
"""
PAGE = (
    "<!doctype html><title>A page</title><ul>"
    + "".join(ITEM.format(n=n) for n in range(120))
    + "</ul><script>if (a < b) { document.write('</p>') }</script>"
)


def run() -> object:
    tree = html5lib.parse(PAGE, treebuilder="etree", namespaceHTMLElements=False)
    return html5lib.serialize(tree, tree="etree", omit_optional_tags=False)
