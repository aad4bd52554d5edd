"""import statements of every form inside hot loops, of present, missing and circular names."""

import sys


def local_import(n):
    import math
    from os import path
    from collections import OrderedDict as Ordered

    return math.floor(n / 2) + len(path.basename("a/bc")) + len(Ordered(a=1))


def missing():
    try:
        import no_such_module_anywhere
    except ImportError as error:
        return len(error.name)
    return no_such_module_anywhere


def missing_name():
    try:
        from math import no_such_name
    except ImportError as error:
        return "no_such_name" in str(error)
    return no_such_name


def run():
    total = 0
    for i in range(2500):
        total += local_import(i)
        if i % 50 == 0:
            total += missing() + missing_name()
        if i % 500 == 0:
            sys.modules.pop("keyword", None)
            import keyword

            total += keyword.iskeyword("for")
        import os.path as place

        total += place.isabs("/")
    return total


# result: run() == 1572455
