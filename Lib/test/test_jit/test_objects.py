"""Typed traces over globals and builtins: what loops become, and that every change is seen.

`OPTIMIZED` and `FUNCTIONS` are as in test_typed: operations of loops, and programs that are run with each check
of their traces made to fail in turn.
"""

import json
import textwrap
import unittest

from test.test_jit.test_typed import run

# source of f, arguments, operations that its trace has in this order, one it does not have
OPTIMIZED = {
    "constant global": (
        """
        K = 3
        def f(n):
            t = 0
            for i in range(n):
                t += i * K
            return t
        """,
        (500,),
        "GUARD_GLOBALS IMUL IADD LOOP",
        "LOAD_ENTRY",
    ),
    "global that changes": (
        """
        K = 3
        def f(n):
            t = 0
            for i in range(n):
                t += K
            return t
        def change():
            global K
            K += 1
        for turn in range(40):
            f(20)
            change()
        """,
        (500,),
        "GUARD_GLOBALS GUARD_KEYS LOAD_ENTRY UNBOX_INT IADD LOOP",
        "OPAQUE",
    ),
}

FUNCTIONS = """
import gc, sys, types

K = 7
H = 0.5
TEXT = "text"
LIST = [1, 2, 3]
COUNT = 0

def constants(n):
    t = 0
    for i in range(n):
        t += i * K
        if TEXT is None:
            return None
    return t * H

def counts(n):
    global COUNT
    COUNT = 0
    for i in range(n):
        COUNT = COUNT + i
    return COUNT

def lends(n):
    kept = []
    for i in range(n):
        kept = LIST
        x = TEXT
    return kept is LIST, x

def changed_in_a_callee(n):
    global K
    K = 7
    out = []
    for i in range(n):
        out.append(K)
        if i % 50 == 49:
            set_k(i)
    K = 7
    return out

def set_k(value):
    global K
    K = value

def shadowed(n):
    out = []
    for i in range(n):
        if i == 100:
            globals()["abs"] = lambda x: "mine"
        if i == 200:
            del globals()["abs"]
        out.append(abs(-i))
    return out

def missing(n):
    global GONE
    GONE = 1
    t = 0
    try:
        for i in range(n):
            t += GONE
            if i == 150:
                del GONE
    except NameError as error:
        return t, i, str(error), error.__traceback__.tb_lineno
    return t

def other_globals(n):
    f = types.FunctionType(constants.__code__, {"K": 2, "H": 1.5, "TEXT": "", "__builtins__": __builtins__})
    g = types.FunctionType(constants.__code__, {"K": 0.5, "H": 2, "TEXT": None, "__builtins__": __builtins__})
    return constants(n), f(n), constants(n), g(n), f(n)

def big_and_odd(n):
    t = 0
    for i in range(n):
        t = (t + BIG) % ODD
    return t

BIG = 2**70 + 1
ODD = 2**40 + 1

def run_all():
    return [repr(f(260)) for f in (
        constants, counts, lends, changed_in_a_callee, shadowed, missing, other_globals, big_and_odd)]

def leaks():
    count = getattr(sys, "gettotalrefcount", None)
    if count is None:
        return 0
    grown = []
    for attempt in range(6):
        gc.collect()
        before = count()
        run_all()
        run_all()
        gc.collect()
        grown.append(count() - before)
        if grown[-1] < 40:
            return 0
    return grown

first = run_all()
for turn in range(3):
    assert run_all() == first
print(*first, sep="\\n")
print("leaks", leaks())
"""

# The module's namespace dies, and so do the objects that were constants of its traces.
NAMESPACES = """
import gc, sys
SOURCE = '''
class Thing:
    pass
K = 11
THING = Thing()
def f(n):
    t = 0
    for i in range(n):
        t += K
        x = THING
    return t, type(x).__name__
'''
for turn in range(30):
    namespace = {}
    exec(compile(SOURCE, "source", "exec"), namespace)
    f = namespace["f"]
    assert f(200) == (2200, "Thing")
    namespace["K"] = 12
    assert f(200) == (2400, "Thing")
    if turn % 3 == 0:
        namespace.clear()
        try:
            f(200)
        except NameError:
            pass
        else:
            raise AssertionError
    elif turn % 3 == 1:
        namespace.update({"K": 13, 5: 6})
        assert f(200) == (2600, "Thing")
    del namespace, f
    gc.collect()
print(sys._jit.stats()["invalidations"] > 20)
"""

# Builtins are changed while a trace that holds them as constants runs.
BUILTINS = """
import builtins
def f(n):
    out = []
    for i in range(n):
        out.append(len((i, i)))
        if i == 120:
            builtins.len = lambda x: "mine"
        if i == 180:
            builtins.len = original
    return out
original = len
for turn in range(12):
    values = f(260)
    assert values == [2] * 121 + ["mine"] * 60 + [2] * 79, values
print("ok")
"""

FORK = """
import os, sys
K = 1
def f(n):
    t = 0
    for i in range(n):
        t += K
    return t
assert f(300) == 300
for turn in range(3):
    child = os.fork()
    if child == 0:
        K = 5
        os._exit(0 if f(300) == 1500 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert f(300) == 300
print("ok")
"""


def names(text):
    """Names of all operations of a trace."""
    lines = [line.strip() for line in text.partition("trace:")[2].partition("snap ")[0].splitlines()]
    return [(line.partition(" = ")[2] or line).split()[0] for line in lines if line]


def in_order(wanted, found):
    rest = iter(found)
    return all(name in rest for name in wanted)


class LoopTests(unittest.TestCase):
    def test_optimized_loops(self):
        for name, (source, arguments, expected, absent) in OPTIMIZED.items():
            with self.subTest(name):
                program = textwrap.dedent(source)
                program += f"import sys, json\nf(*{arguments})\nprint(json.dumps(sys._jit._ir_traces()))\n"
                traces = [names(text) for text in json.loads(run(program)) if " f\n" in text]
                self.assertTrue(
                    any(in_order(expected.split(), trace) and absent not in trace for trace in traces), traces
                )


class ChangeTests(unittest.TestCase):
    def both(self, source):
        for settings in (
            {},
            {"PYTHON_JIT_BACKEND": "native"},
            {"PYTHON_JIT_STRESS": "1"},
            {"PYTHON_JIT": "0"},
        ):
            yield settings, run(source, **settings).strip()

    def test_namespaces_die(self):
        for settings, out in self.both(NAMESPACES):
            with self.subTest(settings):
                self.assertEqual(out, str(settings.get("PYTHON_JIT") != "0"))

    def test_builtins_change(self):
        for settings, out in self.both(BUILTINS):
            with self.subTest(settings):
                self.assertEqual(out, "ok")

    def test_fork(self):
        for settings, out in self.both(FORK):
            with self.subTest(settings):
                self.assertEqual(out, "ok")


class ExitTests(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.expected = run(FUNCTIONS, PYTHON_JIT="0")

    def test_machine_code(self):
        self.assertEqual(run(FUNCTIONS, PYTHON_JIT_BACKEND="native"), self.expected)

    def test_passes_off(self):
        for passes in ("fold", "cse", "peel", "fold,cse,peel"):
            with self.subTest(passes):
                self.assertEqual(run(FUNCTIONS, PYTHON_JIT_PASSES_OFF=passes), self.expected)

    def test_stress(self):
        self.assertEqual(run(FUNCTIONS, PYTHON_JIT_STRESS="1"), self.expected)

    def test_forced_exits(self):
        for number in range(1, 31):
            with self.subTest(number):
                self.assertEqual(run(FUNCTIONS, PYTHON_JIT_FORCE_EXIT=str(number)), self.expected)


if __name__ == "__main__":
    unittest.main()
