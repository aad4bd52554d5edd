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

# Of two and three numbers: which one is given, and is it the very object.
LEAST_AND_MOST = """
def run(n):
    out = []; t = 0; u = 0.5; big = 10**5; w = 3
    vals = [i * 7919 % 1013 - 500 for i in range(n)]; fl = [v / 7 for v in vals]
    nan = float("nan"); fl[5] = nan; fl[70] = -0.0; fl[71] = 0.0
    for i, v in enumerate(vals):
        f = fl[i]
        t = max(t, v, i)
        u = min(u, f, -f)
        a = max(v + 1, v - 1, w); b = min(v * 2, w + v, 7); c = min(v, w); d = max(f, u); e = max(f * 2, u * 3, f)
        g = min(v, big, v); h = max(v, v, v)
        out.append((t, u, a, b, c, d, e, g, h, g is v, h is v, max(v, big, w) is big, min(f, f, u) is f, max(True, v, 0), min(v, f, 2), max(2**70, v, i)))
        if i % 50 == 0: w = -w * 3 % 1000 + 2
        if i == n // 2: w = 2**61 + w
        if i == n // 2 + 40: w = w % 1000
        m = max(v, 10**4 * v, i); q = min(m, i, v); out.append((m, q))
        s = max("a", str(v), "b"); out.append(s)
    return out
for o in run(2000): print(o)
"""
LOOP_OF_THREE = """
import json, sys
def f(n):
    a, t = [i * 7 % 10 for i in range(n)], 0
    for x in a:
        t += min(x + 1, 2 * x, 7 - x) + max(t, x, 3) % 2
    return t
f(2000)
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

    def test_least_and_most(self):
        expected = run(LEAST_AND_MOST, PYTHON_JIT="0")
        for settings in ({}, {"PYTHON_JIT_EXIT_THRESHOLD": "5"}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}):
            with self.subTest(**settings):
                self.assertEqual(run(LEAST_AND_MOST, **settings), expected)
        loops = [names(text) for text in json.loads(run(LOOP_OF_THREE)) if " f\n" in text]
        self.assertTrue(any(trace.count("IMIN") >= 2 and "CALL_LEAF" not in trace for trace in loops), loops)


if __name__ == "__main__":
    unittest.main()
