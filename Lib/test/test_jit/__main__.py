import unittest

from . import load_tests  # noqa: F401

unittest.main()
