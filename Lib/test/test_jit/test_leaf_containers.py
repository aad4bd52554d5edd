"""Comparisons and displays of containers, unpacking, steps of iterators, deques: C is called directly, and nobody can tell."""

import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = """
import gc, itertools, sys, weakref, zlib
from collections import deque

class Loud:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Loud.heard.append(self.k)
    def __lt__(self, other): Loud.heard.append("lt"); return True
    def __eq__(self, other): Loud.heard.append("eq"); return isinstance(other, Loud) and self.k == other.k
    def __hash__(self): Loud.heard.append("hash"); return 3

class Tuple(tuple):
    def __eq__(self, other): return "mine"
    def __lt__(self, other): return "less"
    __hash__ = tuple.__hash__

class Plain: pass

NAN = float("nan")
PLAIN = Plain()
OPERANDS = [(1, 2), (1, 3), (1,), (), (1, 2, 3), (1.0, 2), ("a", 1), ("a", "b"), (NAN, 1), (None, 1), [1, 2], [1], [1, [2]], "a", "b", None, 3,
            2**70, 2**70 + 1, (2**70, 1), (True, 2), ((1, 2), 3), ((1, 2), 4), (PLAIN, 1), (b"x", 2), [NAN], Tuple((1, 2)), {1: 2}, {1}, 2.5]

def compared(n):
    out = []
    for x in OPERANDS:
        for y in OPERANDS:
            row = [x == y, x != y]
            for attempt in range(4):
                try:
                    row.append(x < y)
                    row.append(x <= y)
                    row.append(x > y)
                    row.append(x >= y)
                except TypeError as error:
                    row.append((error.__traceback__.tb_lineno, str(error)))
            if x == y:
                row.append("equal")
            out.append(row)
    return zlib.crc32(repr(out).replace(repr(PLAIN), "plain").encode())

def known(n):
    out, a, b = [], 3, 4
    for i in range(n):
        k = i % 7
        if (k, 1) < (3, 2): out.append(1)
        if (a, k) == (3, 5): out.append(2)
        if (k, a) != (3, k): out.append(3)
        out.append(((k,) < (2,), (k, 1, 2, 3) == (3, 1, 2, a)))
        out.append(((k, 1) < (3,), (k, "a") < (3, "b"), (k, 2.5) < (3, a)))
        if i == n - 6: a = "text"
        if i == n - 3: a, b = 3, Loud(5)
        try:
            out.append(((k, a, b) <= (3, 3, k), (a, k) >= (k, a), (a, a, k) > (a, 3, 2)))
            out.append((k, a) < (k, 3))
        except TypeError as error:
            out.append(str(error))
    return out

def loud_comparisons(n):
    Loud.heard.clear()
    out = []
    for i in range(n):
        out.append((Loud(i),) == (Loud(i),))
        out.append([i, Loud(i)] < [i, Loud(-i)])
        out.append((i, Loud(i)) < (i + 1, Loud(-i)))
        out.append(len(Loud.heard))
    return out, Loud.heard[:50]

def sets(n):
    Loud.heard.clear()
    out = []
    keys = [1, 1.0, "a", (1, 2), Loud(1), None, NAN, [1], 2**70, PLAIN]
    for i in range(n):
        k = keys[i // 4 % len(keys)]
        try:
            s = {i % 3, 1, k, "x"}
            out.append((len(s), sorted(map(str, s - {PLAIN}))[:3] if k is not PLAIN else 0, sys.getsizeof(s)))
            out.append(len({Loud(i), i}))
            out.append(len({(i, 1), (i, 1), i}))
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        out.append(len(Loud.heard))
    return [x for x in out if "at 0x" not in repr(x)]

def thin(n):
    # What a display holds outlives it, where it is taken out.
    Loud.heard.clear()
    out = []
    for i in range(n):
        out.append({"a": i + 100000, "b": i * 0.5}["a"])
        out.append({"a": i + 100000, "b": i * 0.5}.get("b"))
        out.append((i in {i, 1}, len({i, 2}), {i: 2, "x": i * 3}[i]))
        out.append({"a": 1, "b": Loud(i)}["b"].k)
        d = {"a": i, "b": 2}
        d["c"] = Loud(-i)
        d = None
        {"a": i, "b": 3}["d"] = Loud(i)
        out.append(len(Loud.heard))
        out.append({**{"a": i, "b": 2}, "c": Loud(i)}["a"])
        out.append(len({*{i, 2}, Loud(i)}))
        out.append([{"a": i, "b": 2}][0]["a"])
        out.append(len(Loud.heard))
    return out

def keys(n):
    d, t, out = {}, 0, []
    table = {("a", 0): "b", ("b", 1): "a", ("a", 1): "a", ("b", 0): "b"}
    state = "a"
    for i in range(n):
        d[i & 15, i & 3] = i
        d[i % 5, i * 0.5] = d.get((i & 3, 2), i)
        state = table[state, i & 1]
        out.append((state, (i, 1) in d, d.setdefault((i % 9,), [i])))
        if i % 20 == 19:
            d[Loud(i), 1] = 2
            out.append(len(d))
    return out, sum(v for v in d.values() if isinstance(v, int))

def unpacked(n):
    Loud.heard.clear()
    out, sources = [], [[1, 2, 3, 4], (5, 6, 7), [8], [], (9, 10), "abc", range(4), {1: 2, 3: 4}, iter((1, 2, 3)), [Plain, 2], None, 5]
    for i in range(n):
        v = sources[i // 5 % len(sources)]
        for k in range(2):
            try:
                a, *b = v
                *c, d = v
                e, *f, g = v
                out.append((a, b, c, d, e, f, g, sys.getrefcount(b)))
            except (ValueError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        a, *b = [i, Loud(i), 3]
        b = None
        out.append(len(Loud.heard))
        *a, b = (Loud(i), i)
        a = None
        out.append(len(Loud.heard))
        a, *b, c = [Loud(i), 2, Loud(-i)]
        out.append((a.k, b, c.k, len(Loud.heard)))
    return [repr(x) for x in out]

def deques(n):
    Loud.heard.clear()
    out, d, short, none = [], deque(), deque(maxlen=3), deque([1], maxlen=0)
    class Own(deque):
        def append(self, x): out.append(("own", x))
    for i in range(n):
        d.append(i)
        d.appendleft([i])
        d.append(d)
        out.append((d.pop() is d, d.pop(), d.popleft(), len(d)))
        short.append(Loud(i))
        short.append(i)
        out.append((len(short), len(Loud.heard)))
        short.appendleft(Loud(-i))
        out.append((len(short), len(Loud.heard)))
        none.append(Loud(i))
        out.append((len(none), len(Loud.heard)))
        try:
            if i % 10 == 9:
                for k in range(5):
                    out.append(short.popleft() and k)
            out.append(d.popleft())
        except IndexError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        (Own() if i % 15 == 14 else d).append(i)
        out.append(d.pop() if d else None)
        deque().append(Loud(i))
        out.append(len(Loud.heard))
    for i in range(n * 3):
        d.append(i)
        if i % 3:
            d.appendleft(d.popleft() + d.pop())
    it = iter(d)
    try:
        for i in range(n):
            next(it)
            if i == n - 2:
                d.append(1)
    except RuntimeError as error:
        out.append(str(error))
    return out, list(d)

def nexts(n):
    Loud.heard.clear()
    out = []
    for i in range(n):
        for it in (iter([i, 2]), iter((1, i)), iter(range(2)), iter({1: 2}.items()), iter("ab"), iter(b"ab"), (x for x in (1, 2)), reversed([1, 2]),
                   iter([Loud(i)]), zip([i], "b"), enumerate("x")):
            a, b, c = next(it, None), next(it, i), next(it, "end")
            if not hasattr(a, "k"):
                out.append((a, b, c))
            a = None
            try:
                out.append(next(it))
            except StopIteration as error:
                out.append(error.__traceback__.tb_lineno)
            it = None
        out.append(len(Loud.heard))
    it = iter(range(n))
    while (x := next(it, None)) is not None:
        out.append(x)
    items = [Loud(-1), 2]
    it = iter(items)
    del items
    while next(it, None) is not None:
        out.append(len(Loud.heard))
    out.append(len(Loud.heard))
    return out

def attributes(n):
    Loud.heard.clear()
    class A:
        def __init__(self): self.x = 0
    class P:
        @property
        def x(self): return 1
        @x.setter
        def x(self, v): out.append(("set", v))
    class S:
        __slots__ = ("x",)
    class H:
        def __setattr__(self, name, v): out.append((name, v))
    out, objects = [], [A(), A(), P(), S(), H(), A, 5, sys]
    objects[1].__dict__
    for i in range(n):
        o = objects[i // 7 % len(objects)]
        for k in range(2):
            try:
                out.append(setattr(o, "x", i))
                out.append(o.x)
                setattr(o, "x", Loud(i))
                setattr(o, "x", [i])
                out.append(len(Loud.heard))
                setattr(o, "y" + str(i % 2), i)
                setattr(o, i if i % 9 == 8 else "z", 1)
            except (AttributeError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
    del sys.x, sys.z
    return [x for x in out if "at 0x" not in repr(x)]

def bytes_and_chains(n):
    data, changing, out = bytes(range(n)), bytearray(range(50)), []
    for turn in range(4):
        t = 0
        for c in data:
            t ^= c * turn
        for c in changing:
            t += c
            if c == 30: changing.append(7)
            if c == 40: del changing[-1:]
        for x in itertools.chain([turn, 2], (3, 4), {5: 6}, "", range(30), [Loud(turn)]):
            t += x if type(x) is int else x.k
        out.append((t, len(Loud.heard)))
        for a, b in itertools.product(range(7), (turn, 2, 3)):
            t += a * b
        for a in itertools.product(range(5), repeat=2):
            out.append(a)
        for a in itertools.product([], [1]):
            out.append(a)
        for a in itertools.product():
            out.append(a)
        for a in itertools.product("ab", [Loud(turn), 2]):
            out.append(len(a))
        a = None
        out.append((t, len(Loud.heard)))
        it = itertools.product(range(6), range(6))
        for a, b in it:
            if a == 4: break
        out.append((list(it), next(it, "done")))
        it = itertools.chain(range(20), [1, 2])
        rest = iter(it)
        for x in it:
            if x == 15: out.append(next(rest))
        out.append(next(it, None))
        for x in itertools.chain.from_iterable([i, i + 1] for i in range(20)):
            t += x
        out.append(t)
        for x in (b"ab" if turn else b"") : out.append(x)
    return out

def run():
    return [repr(f(60)) for f in (compared, known, loud_comparisons, sets, thin, keys, unpacked, deques, nexts, attributes, bytes_and_chains)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "virtual", "fold,cse,forward,dead,peel"


class Loops(OptimizedLoops, unittest.TestCase):
    @staticmethod
    def loop(expression):
        return textwrap.dedent(f"""
            from collections import deque
            class Thing:
                def __init__(self): self.x = 0
            def f(n):
                t, xs, pair, d, thing, data = 0, [1, 2, 3], ("a", 1), deque(), Thing(), bytes(400)
                it = iter(range(n * 2))
                for i in range(n):
                    {expression}
                return t
        """)

    expected_loops = {}


for _name, _expression, _present in (
    ("tuples that are known", "t += (i, t) < (t, i)", ["ILT", "ILT", "IEQ", "IAND", "IOR"]),
    ("equal ints", "t += 1 if (i, t) == (3, 4) else 2", ["IEQ", "IEQ", "IAND", "GUARD_IEQ"]),
    ("other tuples", "t += ('a', i) > pair", ["ASK_LEAF", "IADD"]),
    ("lists", "t += xs == [1, 2, i]", ["ASK_LEAF", "IADD"]),
    ("strings", "t += str(i) < 'b'", ["CALL_LEAF", "ASK_LEAF", "IADD"]),
    ("a set", "t += len({i, 2, 'a'})", ["LEAF_ARGUMENT", "LEAF_ARGUMENT", "CALL_LEAF", "ASK_LEAF", "IADD"]),
    ("a dict", "t += {'a': i, 'b': 2}['a']", ["LEAF_ARGUMENT", "LEAF_ARGUMENT", "CALL_LEAF", "DICT_GET"]),
    ("a rest", "a, *b = xs; t += a", ["CALL_LEAF", "IADD"]),
    ("a queue", "d.append(i); t += d.popleft()", ["CHANGE_LEAF", "CHANGE_LEAF", "IADD"]),
    ("a step", "t += next(it, 5)", ["CHANGE_LEAF", "IADD"]),
    ("an attribute", "setattr(thing, 'x', i)", ["CHANGE_LEAF"]),
):
    Loops.expected_loops[_name] = (Loops.loop(_expression), _present, ["OPAQUE"])
Loops.expected_loops["bytes"] = (
    """
    def f(n):
        t = 0
        for c in bytes(n):
            t += c
        return t
    """,
    ["ITER_NEXT", "UNBOX_INT", "IADD", "LOOP"],
    ["OPAQUE"],
)
Loops.expected_loops["a product"] = (
    """
    import itertools
    def f(n):
        t = 0
        for x, y in itertools.product(range(n // 10), range(10)):
            t += x * y
        return t
    """,
    ["ITER_NEXT", "IMUL", "IADD", "LOOP"],
    ["OPAQUE"],
)


if __name__ == "__main__":
    unittest.main()
