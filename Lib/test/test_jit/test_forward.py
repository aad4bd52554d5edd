"""Typed traces: attributes are not loaded again after a load or store, unless a store may change them.

`LOOPS` gives functions with all operations of their loops, without the marks of the instructions; `PROGRAM`
is run with each check of its traces made to fail in turn, and its results and the references it leaves are
compared with tier 1.
"""

import json
import textwrap
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, operations, run

CLASSES = """
class Slots:
    __slots__ = ("x", "y", "other")
    def __init__(self):
        self.x, self.y, self.other = 0.5, 0.25, None

class Values:
    def __init__(self):
        self.x, self.y, self.other = 1.5, 3, None

class Counter:
    def __init__(self):
        self.total, self.step = 0, 3
    def add(self, k):
        self.total += self.step * k
"""

# body of f(n), which may use the classes; operations of its loop from the first PHI on
LOOPS = {
    "only loaded": (
        """
        p = Values()
        t = 0.0
        for i in range(n):
            t += p.x * p.y
        return t
        """,
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FADD LOOP",
    ),
    "one stored, another loaded": (
        """
        p = Slots()
        for i in range(n):
            p.x = i * p.y
        """,
        "PHI GUARD_NO_EVENT RANGE_NEXT I2F FMUL STORE_FIELD_FLOAT LOOP",
    ),
    "loaded and stored": (
        """
        p = Slots()
        for i in range(n):
            p.x += p.y
        """,
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FADD STORE_FIELD_FLOAT LOOP",
    ),
    "in a method": (
        """
        c = Counter()
        for i in range(n):
            c.add(i)
        """,
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT READ_FIELD IMUL IADD STORE_FIELD_INT LOOP",
    ),
    "two classes": (
        """
        p, q = Slots(), Values()
        for i in range(n):
            p.x = q.x * 0.5
            q.x = p.x + p.y
        """,
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL STORE_FIELD_FLOAT FADD STORE_FIELD_FLOAT LOOP",
    ),
    "two that may be one": (
        """
        p, q = Slots(), Slots()
        t = 0.0
        for i in range(n):
            p.x = t
            t = q.x + q.y
        """,
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT READ_FIELD GUARD_RELEASE BOX_FLOAT INCREF STORE_FIELD "
        "LOAD_FIELD UNBOX_FLOAT FADD DECREF_PLAIN LOOP",
    ),
    "object stored": (
        """
        p, q = Slots(), Values()
        for i in range(n):
            p.other = q
            t = p.other.x
        """,
        "PHI GUARD_NO_EVENT RANGE_NEXT GUARD_RELEASE INCREF STORE_FIELD LOOP",
    ),
}

PROGRAM = (
    """
import gc, sys
"""
    + CLASSES
    + """
def aliases(n):
    out = []
    p = Slots()
    q, r = p, Slots()
    for i in range(n):
        p.x = i * 0.5
        q.x += 1.0
        out.append(p.x)
        r.x = p.x + q.y
        if i % 50 == 20:
            q = r if q is p else p
        p.y = r.x
        out.append((q.y, p.x is q.x, p.x is r.x))
    return out

def turns(n):
    # Which of two objects is stored to changes while nothing is known of it.
    p, q = Slots(), Slots()
    out = []
    for i in range(n):
        p.x = i
        t = q.x
        p, q = q, p
        out.append((t, p.x, q.x))
    return out[::7]

def other_attributes(n):
    p, q = Slots(), Values()
    for i in range(n):
        p.x = p.y
        p.y = q.x
        q.x = p.x + i
        q.y = p.other is None
        p.other = q if i & 1 else None
    return p.x, p.y, q.x, q.y, p.other is q

def identity(n):
    p, q = Slots(), Values()
    same = 0
    for i in range(n):
        p.x = i + 1000
        x = p.x
        same += x is p.x
        q.x = p.x
        same += 2 * (q.x is x)
        p.x = p.x + 0
        same += 4 * (p.x is x)
        p.y = q.y = p.x * 0.5
        same += 8 * (p.y is q.y)
        q.y = p.y * 1.0
        same += 16 * (p.y is q.y)
    return same, p.x is x, p.x, q.x, p.y, q.y

def kinds(n):
    p = Slots()
    out = []
    for i in range(n):
        p.x = p.x + 1
        if i % 40 == 39:
            p.x = None
            p.x = 2**62 if i & 64 else 0.25
        if i % 70 == 60:
            p.x = "text"
            out.append(p.x)
            p.x = True
        out.append(p.x)
    return out

def overflows(n):
    p = Slots()
    p.x = 1
    for i in range(n):
        p.x = p.x * 3 + i
        if p.x > 2**70:
            p.x = -7
    return p.x

def chains(n):
    a, b, c = Slots(), Slots(), Values()
    a.other, b.other, c.other = b, c, a
    for i in range(n):
        a.other.x += 1.0
        a.other.other.y += i
        c.other.other.x -= 0.5
        if i % 60 == 50:
            a.other, b.other = c, a
        elif i % 60 == 55:
            a.other, b.other = b, c
    return [(o.x, o.y) for o in (a, b, c)]

def through_a_call(n):
    p = Values()
    out = []
    for i in range(n):
        p.x = i
        touch(p, i)
        out.append(p.x)
        p.y += 1
    return out, p.y

def touch(p, i):
    if i % 3 == 0:
        setattr(p, "x", -i)

def through_a_finalizer(n):
    p = Slots()
    seen = []
    for i in range(n):
        p.x = i
        thing = Ends(p)
        thing = None
        seen.append(p.x)
    return seen

class Ends:
    def __init__(self, p):
        self.p = p
    def __del__(self):
        self.p.x = -self.p.x

def walks(n):
    head = Slots()
    node = head
    for i in range(10):
        node.other = Slots()
        node = node.other
    node.other = head
    for i in range(n):
        node.x += 1.0
        node.y = node.x
        node = node.other
        node.x = node.y + 0.5
    return [(node.x, node.y) for _ in range(5)]

def swaps(n):
    p = Values()
    for i in range(n):
        p.x, p.y = p.y, p.x
        p.x += 1
    return p.x, p.y

def deleted(n):
    out = []
    p, q = Slots(), Slots()
    for i in range(n):
        q.y = p.x
        if i % 45 == 44:
            try:
                del q.y
                out.append(q.y)
            except AttributeError as error:
                out.append((i, error.__traceback__.tb_lineno))
                q.y = 1
        p.x = q.y + 1
    return out, p.x, q.y

def class_changes(n):
    class Near(Slots):
        __slots__ = ()
    class Far(Slots):
        __slots__ = ()
    p, q = Near(), Far()
    out = 0
    for i in range(n):
        p.x = i
        q.x = p.x + 1
        out += p.x
        if i % 80 == 70:
            q.__class__, p.__class__ = p.__class__, q.__class__
        if i == 200:
            q = p
    return out, p.x, q.x

class Wide:
    pass

def many(n):
    # More places than are remembered.
    things = [Slots() for _ in range(3)]
    w = Wide()
    for k in range(28):
        setattr(w, "a%d" % k, k)
    for i in range(n):
        w.a0 += w.a1; w.a1 += w.a2; w.a2 += w.a3; w.a3 += w.a4; w.a4 += w.a5; w.a5 += w.a6; w.a6 += w.a7
        w.a7 += w.a8; w.a8 += w.a9; w.a9 += w.a10; w.a10 += w.a11; w.a11 += w.a12; w.a12 += w.a13
        w.a13 += w.a14; w.a14 += w.a15; w.a15 += w.a16; w.a16 += w.a17; w.a17 += w.a18; w.a18 += w.a19
        w.a19 = (w.a20 + w.a21) & 7
        things[i % 3].x += w.a0 & 3
        w.a0 &= 1023; w.a1 &= 511; w.a2 &= 255; w.a3 &= 127; w.a4 = -w.a4 % 50; w.a5 %= 40
    return [getattr(w, "a%d" % k) for k in range(6)], [t.x for t in things]

FUNCTIONS = [aliases, turns, other_attributes, identity, kinds, overflows, chains, through_a_call,
             through_a_finalizer, walks, swaps, deleted, class_changes, many]

def run():
    return [repr(f(260)) for f in FUNCTIONS]

"""
    + RUN_AND_COUNT
)


class LoopTests(unittest.TestCase):
    def traces(self, body, **settings):
        program = CLASSES + "\ndef f(n):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        program += "\nimport sys, json\nf(500)\nprint(json.dumps(sys._jit._ir_traces()))\n"
        traces = json.loads(run(program, **settings))
        loops = [operations(text) for text in traces if "<string>" in text]
        return [" ".join(name for name in loop if name != "NOP") for loop in loops]

    def test_loops(self):
        for name, (body, expected) in LOOPS.items():
            with self.subTest(name):
                self.assertIn(expected, self.traces(body))

    def test_switched_off(self):
        for name in "loaded and stored", "in a method":
            with self.subTest(name):
                loops = self.traces(LOOPS[name][0], PYTHON_JIT_PASSES_OFF="forward,dead")
                self.assertTrue(
                    any(x.startswith("PHI GUARD_NO_EVENT") and "LOAD_FIELD" in x for x in loops), loops
                )
        # The object of a number that is known is read all the same.
        loops = self.traces(LOOPS["loaded and stored"][0], PYTHON_JIT_PASSES_OFF="dead")
        self.assertIn("PHI PHI GUARD_NO_EVENT RANGE_NEXT READ_FIELD FADD STORE_FIELD_FLOAT LOOP", loops)


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM
    passes = "forward", "dead", "cse", "peel", "fold,cse,forward,dead,peel"


if __name__ == "__main__":
    unittest.main()
