"""C functions are known by their definition, not by names that a program can set."""

import json
import sys
import unittest

from test.test_jit.test_objects import names
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# Methods of a C object that have names of builtins, and say that they are builtins.
TAKEN_FOR_BUILTINS = """
import math, operator, sys
try:
    import decimal
    context = decimal.getcontext()
    strangers = [context.abs, context.max, context.min]
except ImportError:
    strangers = [operator.abs]
strangers.append(operator.abs)
for f in strangers:
    f.__module__ = "builtins"

def one(n, f):
    t = []
    for i in range(n):
        t = f(-i)
    return t
def two(n, f):
    t = []
    for i in range(n):
        t = f(-i, i)
    return t
for f in strangers:
    call = two if f.__name__ in ("max", "min") else one
    # Constants of a trace are globals.
    scope = {"f": f}
    more = ", i" if call is two else ""
    exec(f"def g(n):\\n t = 0\\n for i in range(n):\\n  t = f(-i{more})\\n return t", scope)
    print(f.__name__, repr(call(500, f)), repr(scope["g"](500)))
"""

# And the builtins themselves, under other names.
RENAMED = """
import builtins, json, math, sys
def f(n):
    t = 0
    for i in range(n):
        t += abs(-i) + max(i, 7) + int(math.sqrt(2.0))
    return t
abs.__module__ = max.__module__ = math.sqrt.__module__ = "elsewhere"
print(f(500))
print(json.dumps(sys._jit._ir_traces()))
"""


class IdentityTests(unittest.TestCase):
    def test_strangers_that_call_themselves_builtins(self):
        expected = run(TAKEN_FOR_BUILTINS, PYTHON_JIT="0")
        for backend in ("interpreter", "native"):
            with self.subTest(backend):
                self.assertEqual(run(TAKEN_FOR_BUILTINS, PYTHON_JIT_BACKEND=backend), expected)
        self.assertEqual(run(TAKEN_FOR_BUILTINS, PYTHON_JIT_STRESS="1"), expected)

    def test_builtins_that_were_renamed(self):
        answer, traces = run(RENAMED).splitlines()
        self.assertEqual(int(answer), sum(i + max(i, 7) + 1 for i in range(500)))
        loops = [names(text) for text in json.loads(traces) if " f\n" in text]
        # Both are operations on numbers.
        self.assertTrue(any("PHI" in trace and "OPAQUE" not in trace for trace in loops), loops)


if __name__ == "__main__":
    unittest.main()
