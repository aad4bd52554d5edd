"""docutils: a reStructuredText document to HTML."""

from __future__ import annotations

from docutils.core import publish_string

SECTION = """\
Section {n}
-----------

A paragraph with *emphasis*, **strong**, ``literal {n}``, a `link <https://example.org/{n}>`_
and a footnote [#f{n}]_.

- one
- two

  1. nested
  2. again

term {n}
    Its definition, with a reference to `Section {n}`_.

===== =====
 a     b
===== =====
 {n}   x
 y     z
===== =====

.. note:: Something to note, {n}.

::

    literal block {n}

.. [#f{n}] The footnote.

"""
TEXT = "Title\n=====\n\n" + "".join(SECTION.format(n=n) for n in range(10))
SETTINGS = {
    "_disable_config": True,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "report_level": 5,
    "datestamp": None,
    "generator": None,
    "output_encoding": "unicode",
}


def run() -> object:
    return publish_string(TEXT, writer_name="html5", settings_overrides=SETTINGS)
