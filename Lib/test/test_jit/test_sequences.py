"""Typed traces on lists, tuples and their iterators.

As in test_typed.py: `OPTIMIZED` says what the loops become, `FUNCTIONS` are run with each check of their
traces made to fail in turn, with passes off, and under stress.
"""

import json
import sys
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.test_typed import NO_MEMORY, RUN_AND_COUNT, forced_exits, has_testcapi, operations, run

# source of f, arguments, operations that some loop holds, in this order
OPTIMIZED = {
    "subscripts": (
        """
        def f(n):
            a = [0.5, 1.5, 2.5, 3.5]
            t = 0.0
            for i in range(n):
                t += a[i & 3]
            return t
        """,
        (500,),
        "GUARD_LIST_INDEX LIST_GET UNBOX_FLOAT FADD",
    ),
    "one check of the index": (
        """
        def f(n):
            a = [0.5, 1.5, 2.5, 3.5]
            for i in range(n):
                a[i & 3] += 1.0
            return a
        """,
        (500,),
        "GUARD_LIST_INDEX LIST_GET UNBOX_FLOAT FADD LIST_SET_FLOAT",
    ),
    "a float two names have": (
        """
        def f(n):
            a = [0.5, 1.5, 2.5, 3.5]
            for i in range(n):
                x = i * 0.5
                a[i & 3] = x
            return a, x
        """,
        (500,),
        "FMUL GUARD_LIST_INDEX LIST_GET GUARD_RELEASE BOX_FLOAT",
    ),
    "unpacking": (
        """
        def f(n):
            pairs = [(1, 2), (3, 4)]
            t = 0
            for i in range(n):
                a, b = pairs[i & 1]
                t += a * b
            return t
        """,
        (500,),
        "LIST_GET GUARD_TUPLE TUPLE_SIZE GUARD_IEQ TUPLE_GET TUPLE_GET",
    ),
    "iteration": (
        """
        def f(n):
            t = 0
            for x in [1, 2, 3] * n:
                t += x
            return t
        """,
        (500,),
        "LIST_ITER_NEXT",
    ),
    "append": (
        """
        def f(n):
            return [x * 2 for x in range(n)]
        """,
        (500,),
        "RANGE_NEXT IMUL BOX_INT LIST_PUSH",
    ),
}

FUNCTIONS = """
import sys, gc

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append((self.name, len(Noisy.heard)))

def subscripts(n):
    a, t = [1, 2.5, 3, 4.5, 5], (7, 8, 9.5)
    total = 0
    for i in range(n):
        total += a[i % 5] * t[i % 3] - a[-1] + a[True]
        if i % 91 == 90:
            a[i % 5] = i * 0.5
    return total, a

def stores(n):
    a = [0.0] * 8
    b = list(range(8))
    kept = []
    for i in range(n):
        x = a[i & 7]
        a[i & 7] = a[(i + 1) & 7] + i * 0.5
        b[i & 7] = b[i & 3] + i
        b[3] = b[2]
        if i % 50 == 3:
            kept.append((x, a[i & 7], b[i & 7]))
    return a, b, kept

def identity(n):
    a = [0.5, 1.5, 2.5]
    same = []
    for i in range(n):
        x = i * 0.25 + 1000.0
        a[i % 3] = x
        y = a[i % 3]
        z = a[1]
        a[1] = x + 1.0
        same.append((y is x, z == a[1], z is y, x == y))
    return same[::7], a

def borrowed(n):
    # What stands on the stack while the list changes keeps its value.
    a = [1.5, 2.5, 3.5, 4.5]
    out = []
    for i in range(n):
        j = i & 3
        a[j], a[3 - j] = a[3 - j], a[j]
        a[j], old = a[j] * 1.25 if a[j] < 100.0 else 0.5, a[j]
        old += (a[j] + a.__setitem__(j, old) if i == 100 else a[j]) if i != 100 else 0.0
        out.append((old, a[j]))
    return out[-20:], a

def borrowed_local(n):
    # The old value of a local stands on the stack while the new one becomes an object in memory too.
    l = [0.5, 1.5]
    x = 2.5
    out = []
    for i in range(n):
        y = x - (l.__setitem__(0, i) or 0.0) if i == 200 else x
        t = (x, (x := i * 0.5), l.append(x), x)
        out.append((x := x + 1.0) if i % 3 else x)
        l[0], z = (x := x * 2.0), x
        if len(l) > 4:
            del l[2:]
    return out[::9], l, x, y, z, t

def errors(n):
    a, t = [1, 2, 3], (1, 2, 3)
    caught = []
    for i in range(n):
        k = i % 3 if i % 40 else i
        try:
            a[k] = i
            x = a[k] + t[k]
        except IndexError as error:
            caught.append((str(error), error.__traceback__.tb_lineno, k, x))
        try:
            x = a[k - 4 if i % 70 == 0 else k if k < 3 else 0]
        except IndexError as error:
            caught.append((str(error), error.__traceback__.tb_lineno))
    return caught, a, x

def changing_size(n):
    a = [1, 2, 3, 4]
    total = 0
    for i in range(n):
        for x in a:
            total += x
            if len(a) < 6 and i % 9 == 0:
                a.append(x + i)
            elif i % 13 == 0 and len(a) > 3:
                a.pop()
        if i % 50 == 0:
            a.clear()
            a.append(i)
            a += [5, 6, 7]
        if a:
            total += a[0]
    return total, a

def finalizers(n):
    # The end of an item that was replaced is seen at once.
    a = [Noisy(i) for i in range(4)]
    log = []
    Noisy.heard.clear()
    for i in range(n):
        kept = a[i & 3]
        if i % 10 == 0:
            kept = None
        a[i & 3] = Noisy(i) if i % 6 == 0 else i
        log.append(len(Noisy.heard))
        kept = None
        log.append(len(Noisy.heard))
    a = kept = None
    return log, sorted(name for name, _ in Noisy.heard)

def rows(n):
    m = [[float(i * j) for j in range(5)] for i in range(5)]
    t = 0.0
    for i in range(n):
        row = m[i % 5]
        for j in range(5):
            m[i % 5][j] += row[4 - j] * 0.5
            t += m[j][i % 5] - row[j]
        if i % 60 == 59:
            m[i % 5] = row = [1.0, 2.0, 3.0, 4.0, 5.0]
            t -= row[2]
        if t > 1e6:
            t = 0.0
            m[1][1] = m[2][2] = m[i % 5][3] = 0.25
    return t, m

class Own(list):
    def __getitem__(self, index): return 1000
    def __setitem__(self, index, value): list.__setitem__(self, 0, value + 1)
    def append(self, value): list.append(self, -value)

class OwnTuple(tuple):
    def __iter__(self): return iter((9, 9))
    def __getitem__(self, index): return 77

def subclasses(n):
    total = 0
    seqs = [[1, 2], [3, 4], [5, 6]]
    pairs = [(1, 2), (3, 4), (5, 6)]
    for i in range(n):
        if i == 150:
            seqs[1] = Own([3, 4])
            pairs[1] = OwnTuple((3, 4))
        s = seqs[i % 3]
        s[1] = i
        total += s[0] + s[1] + pairs[i % 3][1]
        a, b = pairs[i % 3]
        total += a - b
        s.append(i)
        if len(s) > 5:
            del s[2:]
    return total, seqs, pairs

def unpackings(n):
    things = [(1, 2), (3.5, 4), (5, "six"), [7, 8]]
    triples = [(1, 2, 3), (4, 5, 6.5), [7, 8, 9]]
    out = []
    for i in range(n):
        a, b = things[i % 2 if i < 150 else i % 4]
        x, y, z = triples[i % 2 if i < 200 else i % 3]
        for j, (k, l) in enumerate(things):
            pass
        for u, v in [(i, a), (b, i)]:
            x += u if isinstance(u, int) else 1
        try:
            p, q = triples[0] if i % 77 == 76 else things[0]
        except ValueError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        out.append((a, b, x, y, z, j, k, l, p, q))
    return out[::13], out[-5:]

def appends(n):
    out, halves = [], []
    push = halves.append
    for i in range(n):
        out.append(i)
        out.append(i * 0.5)
        push(i / 2)
        x = i + 1000
        out.append(x)
        out.append(out[-1] is x)
        if i % 100 == 99:
            out.append(out)
            del out[-1]
    return out, halves, [x * y for x in range(20) for y in (0.5, 2, True)], {x for x in out if x}

def truth_of_sizes(n):
    a, s = [], ""
    hits = 0
    for i in range(n):
        if a:
            hits += 1
        if not s:
            hits += 10
        full = not a
        hits += full
        if i % 3 == 0:
            a.append(i)
        elif i % 7 == 0:
            a.clear()
        s = "" if i % 5 else "text"
    return hits

def generators_of_lists(n):
    total = 0
    for i in range(n):
        t = i, i + 1, 0.5
        a, b, c = t
        total += a * b + c
        [u, v] = [a, c]
        total += v if u % 2 else -v
        total += [1, 2, 3][i % 3] + (4, 5, 6)[i % 3]
    return total

FUNCTIONS = (subscripts, stores, identity, borrowed, borrowed_local, errors, changing_size,
             finalizers, rows, subclasses, unpackings, appends, truth_of_sizes, generators_of_lists)

def run():
    return [repr(f(260)) for f in FUNCTIONS]

""" + RUN_AND_COUNT

# Growing a list and making a float for it, both without memory.
ITEMS_WITHOUT_MEMORY = NO_MEMORY.replace("out[i & 1] = k", "out[i & 1] = k; out[2] = t * 2.0; more.append(t)")
ITEMS_WITHOUT_MEMORY = ITEMS_WITHOUT_MEMORY.replace("t = 0.5; k = 10**6", "t = 0.5; k = 10**6; more = []")
ITEMS_WITHOUT_MEMORY = ITEMS_WITHOUT_MEMORY.replace("    return t, k\ndef g", "    return t, k, more\ndef g")


def in_order(names, operations):
    rest = iter(operations)
    return all(name in rest for name in names)


class LoopTests(unittest.TestCase):
    def test_optimized_loops(self):
        for name, (source, arguments, expected) in OPTIMIZED.items():
            with self.subTest(name):
                program = textwrap.dedent(source)
                program += f"import sys, json\nf(*{arguments})\nprint(json.dumps(sys._jit._ir_traces()))\n"
                loops = [operations(text) for text in json.loads(run(program))]

                short = [loop for loop in loops if len(loop) < 60]
                self.assertTrue(any(in_order(expected.split(), loop) for loop in loops), short[:4])

    def test_traces_verify(self):
        program = FUNCTIONS + "print({sys._jit._ir_verify(text) for text in sys._jit._ir_traces()})\n"
        self.assertEqual(run(program).split()[-1], "{None}")


class ExitTests(unittest.TestCase):
    """Every check fails in turn."""

    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.expected = run(FUNCTIONS, PYTHON_JIT="0")

    def test_results_with_passes_off(self):
        for passes in ("", "fold", "cse", "peel", "fold,cse,peel"):
            with self.subTest(passes):
                self.assertEqual(run(FUNCTIONS, PYTHON_JIT_PASSES_OFF=passes), self.expected)

    @unittest.skipUnless(sys._jit.options()["backend"] == "native", "needs machine code")
    def test_machine_code(self):
        self.assertEqual(run(FUNCTIONS, PYTHON_JIT_BACKEND="native"), self.expected)

    def test_stress(self):
        self.assertEqual(run(FUNCTIONS, PYTHON_JIT_STRESS="1"), self.expected)

    @unittest.skipUnless(has_testcapi, "needs _testcapi.set_nomemory")
    def test_no_memory(self):
        self.assertEqual(run(ITEMS_WITHOUT_MEMORY, PYTHON_JIT_EXIT_THRESHOLD="60000").strip(), "ok")

    def test_forced_exits(self):
        for settings in forced_exits(FUNCTIONS):
            with self.subTest(**settings):
                self.assertEqual(run(FUNCTIONS, **settings), self.expected)


if __name__ == "__main__":
    unittest.main()
