"""Objects that end in a trace: quietly, or with a finalizer or a weak reference that somebody notices."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = """
import sys, gc, weakref

class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)
    def times(self, k):
        return Point(self.x * k, self.y * k)

class Slotted:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y

class Loud:
    def __init__(self, number):
        self.number = number
    def __del__(self):
        frame = sys._getframe(1)
        log.append((self.number, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno,
                    sorted((k, v) for k, v in frame.f_locals.items() if type(v) is int)))

log = []

def logged(f):
    def call(n):
        log.clear()
        value = f(n)
        return value, len(log), log[:3], log[-3:]
    return call

def points(n):
    p, q = Point(0, 0.5), Point(1, 2.0)
    for i in range(n):
        p = p.plus(q).times(1).plus(q.times(2))
    return p.x, p.y

def pairs(n):
    def two(i):
        return i, [i + 1]
    t = 0
    for i in range(n):
        a, b = two(i)
        t += a + b[0] + two(i)[1][0] + len(two(i))
    return t, a, b

def survivors(n):
    # What is taken from an object that ends stays.
    out = None
    for i in range(n):
        x = Point(i, [i]).y
        y, z = (str(i), [x])
        w = [z, (i,)][1]
        v = Slotted(str(i), w).x
        out = Point(out if i % 5 else None, [x, y, z, w, v])
        u = Point(out, str(i)).x.y[3]
    return out.y, u

def shared(n):
    # Objects of which some references go and others stay, and twice the same object.
    keep, t = [i] if (i := 3) else None, 0
    for i in range(n):
        a = (keep, keep)
        b = [a, a, keep]
        a = b = None
        c = Point(keep, Point(keep, i))
        d = Point(c, c.y)
        c = d = None
        t += sys.getrefcount(keep)
    return t

@logged
def loud_inside(n):
    for i in range(n):
        a = (i, Loud(i) if i % 17 == 0 else i)
        b = [a, (a,)]
        c = Point(b, i)
        b = i
        a = i
        c = i
    return i

@logged
def loud_twice(n):
    # Two containers hold an object, and go together.
    for i in range(n):
        x = Loud(i) if i % 13 == 0 else Point(i, i)
        a, b = (x, i), [x]
        x = i
        a, b = i, i

@logged
def loud_in_calls(n):
    def drops(x, i):
        y = (x, i)
        x = 0
        return i
    def gives(x):
        y = x
        x = None
        return y.number
    t = 0
    for i in range(n):
        t += drops(Loud(i) if i % 11 == 0 else [i], i)
        t += gives(Loud(-i))
        t += gives(Point(1, 2)) if False else 0
    return t

@logged
def loud_attributes(n):
    holder = Point(0, 0)
    items = [0, 0]
    for i in range(n):
        holder.x = Loud(i) if i % 19 == 0 else (i,)
        items[i & 1] = (Loud(-i),) if i % 23 == 0 else [i]
        holder.y = holder.x
        holder.x = i
    holder = items = None

@logged
def becomes_loud(n):
    # The class gets a finalizer while the loop runs.
    class Late:
        def __init__(self, i):
            self.i = i
    def last_words(self):
        log.append((self.i, sys._getframe(1).f_code.co_name, 0, []))
    for i in range(n):
        x = Late(i)
        y = (x, Late(-i))
        if i == n // 2:
            Late.__del__ = last_words
        if i == n - 40:
            del Late.__del__

@logged
def ends_with_what_is_stored(n):
    # The old value is the last owner of what the new one is stored in; a list ends with what is appended.
    class Silent:
        def __init__(self):
            pass
        __del__ = Loud.__del__
        number = 0
    class Outer:
        def __init__(self, inner):
            self.inner = inner
    class Cycle:
        def __init__(self):
            self.outer = None
            self.outer = Outer(self)
    def cycle():
        a = [None]
        b = (a,)
        a[0] = b
        return b
    t = 0.5
    for i in range(n):
        t = t + 1.0
        [].append(Silent())
        t = t * 0.5
        Cycle().outer.inner = Silent()
        t = t + 2.0
        cycle()[0][0] = Silent()
        t = t * 0.25
    return t

def chains(n):
    # Each end takes one link only: the next one is held by the local, or by what is returned, by then.
    class Link:
        def __init__(self, value, next):
            self.value, self.next = value, next
    def rest(link):
        link = Link(0, link)
        return link.next.next
    class Queue:
        head = None
    head, nested, queue, t = None, (), Queue(), 0
    for i in range(3 * n):
        head, nested = Link(i, head), (nested, i)
    queue.head = Link(1, head)
    while head is not None:
        t += head.value
        head = head.next
        queue.head = queue.head.next
    while nested:
        nested = nested[0]
    for i in range(n):
        head = Link(i, head)
    while head is not None:
        t += 1
        head = rest(head)
    return t, queue.head.value

def weak(n):
    dead = []
    class Weak:
        def __init__(self, i):
            self.i = i
    def gone(ref):
        frame = sys._getframe(1)
        dead.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
    for i in range(n):
        x = Weak(i)
        if i % 16 == 0:
            r = weakref.ref(x, gone)
        y = [x, (x, i)]
        x = None
        y = None
    return len(dead), dead[-2:], r()

def methods(n):
    t, p = 0, Point(1, 2)
    for i in range(n):
        m = p.times
        k = Point(i, i).times
        t += m(2).x + k(3).y
        m = k = None
    return t

def cycles(n):
    # They end when the collector comes, not before.
    for i in range(n):
        p = Point(i, None)
        p.y = p
        q = [p, i]
        q.append(q)
    p = q = None
    return gc.collect() > 0

def large(n):
    # Too much to look at.
    for i in range(n):
        x = [Point(k, [k]) for k in range(20)]
        y = list(range(i))
        z = Point(x, y)
        x = y = None
    return len(z.x), len(z.y)

def suspended(n):
    # A generator that ends runs its `finally`.
    ended = []
    def items(i):
        try:
            yield i
        finally:
            ended.append((i, sys._getframe(1).f_code.co_name))
    for i in range(n):
        g = items(i)
        next(g)
        h = (g, i)
        g = None
        h = None
    return len(ended), ended[-2:]

def dicts(n):
    t = 0
    for i in range(n):
        d = {"a": i, "b": [i]}
        p = Point(d, i)
        p.__dict__["z"] = (i,)
        t += p.x["b"][0]
    return t

@logged
def nearly_thin(n):
    # All is plain but one thing, which may be there twice, in each kind of container.
    keep = Point(0, 0)
    for i in range(n):
        a = [i, 0.5, Loud(i) if i % 19 == 0 else "a"]
        b = {"a": i, "b": Loud(-i) if i % 17 == 0 else None}
        c = {i, 1, Loud(1000 + i) if i % 23 == 0 else 2}
        d = Point(i, Loud(2000 + i) if i % 29 == 0 else b"b")
        e = Loud(3000 + i) if i % 31 == 0 else [i]
        f = [e, keep, e]
        g = {i: e, 1.5: keep, (i,): e}
        e = 1
        f = 2
        g = 3
        h = {Loud(4000 + i) if i % 37 == 0 else i: i}
        a = b = c = d = h = 4

@logged
def loops_that_end(n):
    # What a loop goes over ends with it, and once the iterator is the last that has what ends.
    for i in range(n):
        for x in reversed([i, Loud(i) if i % 13 == 0 else 1]): pass
        for k, v in {"a": i, "b": Loud(1000 + i) if i % 17 == 0 else 2}.items(): pass
        for v in {"a": Loud(2000 + i) if i % 19 == 0 else 2}.values(): pass
        for k in {Loud(3000 + i) if i % 23 == 0 else 2: 1}.keys(): pass
        for x, y in zip([i], (Loud(4000 + i) if i % 29 == 0 else 1, 2)): pass
        for k, y in enumerate([Loud(5000 + i) if i % 31 == 0 else 1]): pass
        both = [i, Loud(6000 + i) if i % 37 == 0 else 1]
        pairs = zip(both, both)
        both = 0
        for x, y in pairs: pass
        pairs = x = y = v = k = 0

@logged
def updated(n):
    # What is replaced or taken out of a dict ends.
    for i in range(n):
        d = {"a": i, "b": Loud(i) if i % 17 == 0 else 1}
        d = {**d, "c": 1, **{"b": 2, "d": [i]}}
        d.update({"a": 5, "d": 6})
        d["e"] = Loud(1000 + i) if i % 19 == 0 else (i,)
        del d["e"]
        e = {"a": Loud(2000 + i) if i % 23 == 0 else 1, "a": 2}
        d = e = 3

def weak_containers(n):
    dead = []
    def gone(ref):
        frame = sys._getframe(1)
        dead.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
    class Weak:
        pass
    refs = []
    for i in range(n):
        s, f, p = {i}, frozenset((i, 1)), Weak()
        p.x = i
        if i % 17 == 0:
            refs.append(weakref.ref(s, gone))
        if i % 19 == 0:
            refs.append(weakref.ref(f, gone))
        if i % 23 == 0:
            refs.append(weakref.ref(p, gone))
        s = 1
        f = 2
        p = 3
    return dead

def lost_by_several(n):
    # What several references keep that are given up at once, by a return or with an object that is not made.
    class Noisy:
        def __init__(self, name): self.name = name
        def __del__(self): heard.append((self.name, sys._getframe(1).f_code.co_name))
    def pair(i, x):
        a, b, c = [x, i], (x, [x]), {"x": x}
        return len(a) + len(b)
    def alone(i):
        x = Noisy(i) if i % 40 == 39 else [i]
        return pair(i, x)
    def both(i):
        x = Noisy(i) if i % 40 == 39 else [i]
        a, b = [x], [x]
        del x
        return len(a) + len(b)
    def kept(i):
        x = Noisy(i) if i % 40 == 39 else [i]
        a, b = [x], (x, x)
        keep[:] = [x] if i % 3 == 0 else [a] if i % 3 == 1 else []
        x = None
        return len(a) + len(b)
    out, heard, keep, rows = [], [], [], [[k, [k]] for k in range(12)]
    for i in range(n):
        out.append((alone(i), both(i), kept(i), len(heard)))
        out.append((any(r[0] > i % 13 for r in rows), next(r for r in rows if r[0] >= i % 12), min(rows, key=lambda r: abs(r[0] - i % 15))))
        out.append((any(r[0] >= i for r in ([[i], [Noisy(("row", i))]] if i % 50 == 49 else [[i], [i + 1]])), len(heard)))
    return out, heard

def run():
    return [repr(f(200)) for f in (
        points, pairs, survivors, shared, loud_inside, loud_twice, loud_in_calls, loud_attributes,
        becomes_loud, ends_with_what_is_stored, chains, weak, methods, cycles, large, suspended, dicts,
        nearly_thin, loops_that_end, updated, weak_containers, lost_by_several)]

""" + RUN_AND_COUNT

LOOPS = {
    "temporary instances": """
        class Point:
            def __init__(self, x, y):
                self.x = x
                self.y = y
            def plus(self, other):
                return Point(self.x + other.x, self.y + other.y)
        def f(n):
            p, q = Point(0, 0.5), Point(1, 2.0)
            for i in range(n):
                p = p.plus(q).plus(q).plus(q)
            return p
        """,
    "an instance that dies in the loop": """
        class Point:
            def __init__(self, x, y):
                self.x = x
                self.y = y
        def f(n):
            t = 0
            for i in range(n):
                p = Point(i, 2)
                t += p.x * p.y
            return t
        """,
}


class LoopTests(unittest.TestCase):
    def test_nothing_is_opaque(self):
        for name, source in LOOPS.items():
            with self.subTest(name):
                found = loops(source, PYTHON_JIT_PASSES_OFF="virtual")
                self.assertEqual(len(found), 1, found)
                self.assertIn("GUARD_QUIET", found[0])
                self.assertNotIn("OPAQUE", found[0])


class CostTests(unittest.TestCase):
    def test_what_lives_on_is_not_looked_through(self):
        # A list that a variable has, too, does not end with the iterator over it.
        program = """
import sys
rows = [[float(x * y) for x in range(40)] for y in range(2000)]
def f(i): return any(r[0] > i for r in rows)
for i in range(1000): f(-1)
print(any("GUARD_QUIET_TOGETHER" in t for t in sys._jit._ir_traces() if " f\\n" in t))
"""
        self.assertEqual(run(program), "True\n")

    def test_iterators_of_ranges_end_quietly(self):
        program = """
import sys
columns = range(8)
def f(i): return len(set(c + i for c in columns)) + sum(c * i for c in columns)
for i in range(1000): f(i)
print({k for k in sys._jit.stats()["opaque"] if k.startswith("RETURN")})
"""
        self.assertEqual(run(program), "set()\n")


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "forward", "fold,cse,forward,dead,peel"


if __name__ == "__main__":
    unittest.main()
