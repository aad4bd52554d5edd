"""Tests of the JIT: what it is made of, and what it does."""

import os
from test import support


def load_tests(*args):
    return support.load_package_tests(os.path.dirname(__file__), *args)
