"""Beautiful Soup on html.parser: parses, searches, changes and prints a page."""

from __future__ import annotations

import bs4

ITEM = """
<div class="item {kind}" id="item-{n}"><h2>Item {n}</h2><a href="/page/{n}">Page &amp; more</a>
<p>Some <b>bold</b> text<br>over two lines</p><ul><li>one</li><li>two</li></ul></div>
"""
PAGE = (
    "<html><body>"
    + "".join(ITEM.format(n=n, kind="odd" if n % 2 else "even") for n in range(150))
    + "</body></html>"
)


def run() -> object:
    soup = bs4.BeautifulSoup(PAGE, "html.parser")
    links = [(link["href"], link.get_text()) for link in soup.find_all("a")]
    odd = [head.get_text() for head in soup.select("div.odd > h2")]
    for item in soup.find_all("li", string="two"):
        item.replace_with("gone")
    return links, odd, soup.prettify()
