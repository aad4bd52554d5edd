"""Builtins that call a Python function for the key of each item: `max(a, key=f)`, `min`, `sorted`.

`PROGRAM` asks for everything that C does with the items and their keys, and is run with each check of its traces made to fail in turn.
"""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = """
import gc, sys, traceback

def least(a):
    return min(a, key=lambda p: p[1])
def most(a):
    return max(a, key=lambda p: p[1])
def ordered(a):
    return sorted(a, key=lambda p: p[1])
def backwards(a):
    return sorted(a, key=lambda p: p[1], reverse=True)

PAIRS = [
    [], [(1, 5)], [(1, 2), (3, 1), (2, 5)], [(i, i * 7 % 5) for i in range(9)], [(i, i * 7 % 13) for i in range(40)],
    ((1, 0.5), (2, -0.5), (3, 0.5)), [(1, float("nan")), (2, 1.0), (3, float("nan"))], [(1, 2), (2, 1.5), (3, True), (4, 2**70)],
    [(1, "b"), (2, "a"), (3, "b")], [(1, (2, "x")), (2, (1, "y")), (3, (2, "w"))], [(1, [2]), (2, [1])], [(1, None)],
    {1: 2, 2: 1}.items(), {(1, 2), (3, 1)}, frozenset([(4, 4)]), ["ab", "ca", "bb"], [(1, 2), (2, "x")], [(1, (1,)), (2, ("x",))],
    [(1, 2), (3,)], [(1, 1j), (2, 2)], range(3), 5, iter([(1, 2), (2, 1)]), [(i, -i) for i in range(12)], [(i, 0) for i in range(33)],
]

def kinds(n):
    out = []
    for i in range(n):
        a = PAIRS[i % len(PAIRS)]
        for f in (least, most, ordered, backwards):
            try:
                out.append(repr(f(a)))
            except (TypeError, ValueError, IndexError) as error:
                steps = traceback.extract_tb(error.__traceback__)
                out.append((repr(error), [(s.name, s.lineno) for s in steps]))
    return out

def one_kind(n):
    rows, names = [(1, 2.5), (2, 0.5), (3, 1.5)], [3, 1, 2]
    long = [(i, i * 37 % 50 + 0.5) for i in range(50)]
    class Scale:
        factor = -1
        def score(self, x): return x * self.factor
    scale, out = Scale(), []
    for i in range(n):
        if i == n - 4:
            rows[1] = (2, 2**70)
        if i == n - 2:
            rows[0] = (1, "x")
        try:
            out.append((max(rows, key=lambda r: r[1]), min(rows, key=lambda r: r[1] * i)))
            out.append((sorted(rows, key=lambda r: -r[1]), sorted(rows, key=lambda r: r[0] & 1, reverse=True)))
            out.append((max(names, key=scale.score), sorted(names, key=scale.score), min(long, key=lambda r: r[1])))
            out.append(sorted(long, key=lambda r: r[1] if r[0] < 60 else i)[:3])
            out.append((max((i, 3, 5), key=lambda x: x % 7), max([i, 3, 5], key=lambda x: (x % 7, x))))
        except TypeError as error:
            out.append(str(error))
    return out

def lengths(n):
    out = []
    for i in range(n):
        a = list(range(i * 7 % 17))
        out.append((sorted(a, key=lambda x: x * 5 % 7), sys.getsizeof(sorted(a, key=lambda x: -x))))
        out.append(max(a, key=lambda x: x * 5 % 7) if a else None)
    return out

def frames(n):
    def names():
        frame, found = sys._getframe(1), []
        while frame is not None:
            found.append((frame.f_code.co_name, frame.f_lineno - frames.__code__.co_firstlineno))
            frame = frame.f_back
        return tuple(found[:3])
    out = []
    for i in range(n):
        out.append(max([1, 2], key=lambda x:
                       names() if i == n - 2 or i % 40 == 39 else ()))
        if i % 40 == 39:
            out.append([names() for _ in "a"])
            out.append(sorted("ab", key=lambda c: out.append(names()) or c))
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)
    def __gt__(self, other): return self.name > other.name
    def __lt__(self, other): return self.name < other.name

def ends(n):
    # When what ends.
    Noisy.heard.clear()
    out = []
    for i in range(n):
        k = i % 7
        items = [Noisy(j * 5 % 7) for j in range(k + 1)]
        out.append((max(items, key=lambda x: Noisy((x.name, "key"))).name, len(Noisy.heard)))
        out.append((min([Noisy(j) for j in range(k + 1)], key=lambda x: x.name % 3).name, len(Noisy.heard)))
        out.append(([x.name for x in sorted(items, key=lambda x: Noisy((-x.name, "key")))], len(Noisy.heard)))
        out.append(([x.name for x in sorted([Noisy(j) for j in range(k)], key=lambda x: -x.name)], len(Noisy.heard)))
    return out, Noisy.heard[:]

class Bad:
    def __init__(self, name): self.name = name
    def __lt__(self, other): raise KeyError(self.name)
    def __gt__(self, other): raise KeyError(self.name)

def failures(n):
    out = []
    def key(x):
        if x == bad:
            raise StopIteration(x) if x % 2 else LookupError(x)
        return Bad(x) if bad == 4 else x
    def nothing(): pass
    def two(x, y): return y
    def gives(x): yield x
    for i in range(n):
        bad = i % 6
        for take in (max, min, sorted):
            for f in (key, nothing, two, gives):
                try:
                    if take is max: out.append(max([1, 2, 3], key=f))
                    elif take is min: out.append(min((1, 2, 3), key=f))
                    else: out.append(sorted([3, 2, 1], key=f))
                    if f is gives: out.pop()
                except (LookupError, TypeError, StopIteration) as error:
                    steps = traceback.extract_tb(error.__traceback__)
                    out.append((repr(error), [(s.name, s.lineno - failures.__code__.co_firstlineno) for s in steps]))
    return out

def changed(n):
    # The key function changes what is gone through.
    out = []
    def grows(x):
        if len(a) < 20 and x % 3 == 0: a.append(x + 7)
        return -x
    def shrinks(x):
        if a: a.pop()
        return x
    def dict_grows(x):
        d[x + 10] = 1
        return x
    for i in range(n):
        a = [i, i + 1, i + 2, i + 3]
        out.append((max(a, key=grows), a))
        a = [i, i + 1, i + 2, i + 3]
        out.append((sorted(a, key=grows), a))
        a = [i, i + 1, i + 2, i + 3]
        out.append((min(a, key=shrinks), sorted(a, key=shrinks), a))
        d = {1: 2, 2: 1}
        try:
            out.append(max(d, key=dict_grows))
        except RuntimeError as error:
            out.append(str(error))
    return out

def references(n):
    out, item = [], object()
    def count(x):
        return sys.getrefcount(x), sys.getrefcount(count), sys.getrefcount(a)
    for i in range(n):
        a = [item, item]
        out.append((len(sorted(a, key=count)), max(a, key=count) is item, count(item)))
        seen = []
        sorted(a, key=lambda x: seen.append(count(x)) or 0)
        max(a, key=lambda x: seen.append(count(x)) or 0)
        out.append(seen)
        class Key:
            def __lt__(self, other): return seen.append((sys.getrefcount(self), sys.getrefcount(other))) or False
        if i % 10 == 9:
            sorted(a, key=lambda x: Key())
    return out

def depth(n):
    def deep(k):
        try:
            return max([k], key=lambda x: deep(x + 1))
        except RecursionError:
            return k
    def down(k):
        return sorted([k], key=lambda x: down(x + 1))
    old = sys.getrecursionlimit()
    out = []
    for i in range(n // 20):
        sys.setrecursionlimit(120 + i % 3)
        try:
            down(0)
        except RecursionError as error:
            out.append(str(error))
        out.append(deep(0))
    sys.setrecursionlimit(old)
    return out

def replaced(n):
    import builtins
    out = []
    def best(a, f, max=max):
        return max(a, key=f)
    f = lambda x: -x
    for i in range(n):
        out.append(best([1, 2, i], f))
        out.append(max([i, 1], key=f))
        if i == n // 2:
            builtins.max, old = (lambda items, key: "mine" + str(list(items))), builtins.max
        if i == n // 2 + 9:
            builtins.max = old
        out.append(best([1, 2], abs if i % 50 == 49 else (lambda x: x + 1) if i % 50 == 48 else f))
        out.append(best([1, 2, 3], f, min if i % 50 == 49 else best.__defaults__[0]))
        if i == n - 20:
            f.__code__ = (lambda x: x % 2).__code__
    return out

def opaque(n):
    # Something opaque among the arguments puts what is below them into memory.
    from math import hypot
    out = []
    for i in range(n):
        out.append((min([i, hypot(i, 2)], key=lambda z: -z), sorted([hypot(i, 1), 2], key=lambda z: -z)))
        out.append((max((x for x in [i, 3]), default=hypot(i, 2)), max((x for x in [i, 3]), key=(lambda z: -z) if hypot(i, 2) else None)))
    return out

print([f(N) for f in (kinds, one_kind, lengths, frames, ends, failures, changed, references, depth, replaced, opaque)])
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")
    settings = OFTEN

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "3000)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))


# A loop, and the operations that its hot trace, in which no key function is called, is to have.
LOOPS = {
    "max of few": ("max(few, key=lambda p: p[1])[0]", ["TUPLE_GET"]),
    "min of few": ("min(few, key=lambda p: p[1])[0]", ["TUPLE_GET"]),
    "sorted, few": ("sorted(few, key=lambda p: p[1])[0][0]", ["TUPLE_GET", "SORT_BY_KEYS"]),
    "backwards": ("sorted(few, key=lambda p: p[1], reverse=True)[0][0]", ["TUPLE_GET", "SORT_BY_KEYS"]),
    "max of many": ("max(many, key=lambda x: x ^ 5)", ["IXOR", "LIST_ITER_NEXT"]),
    "sorted, many": ("sorted(many, key=lambda x: x ^ 5)[0]", ["IXOR", "LIST_PUSH"]),
    "a method": ("max(few, key=scale.score)[0]", ["TUPLE_GET", "IMUL"]),
    "of a parameter": ("best(few, by_second)[0]", ["TUPLE_GET"]),
}


class Traces(unittest.TestCase):
    def test_keys_are_in_the_trace(self):
        for name, (expression, wanted) in LOOPS.items():
            with self.subTest(name):
                program = textwrap.dedent(f"""
                    import json, sys
                    class Scale:
                        def score(self, p):
                            return p[1] * 3
                    def by_second(p):
                        return p[1]
                    def best(a, f):
                        return max(a, key=f)
                    def f(n):
                        few, many, t, scale = [(1, 2), (3, 1), (2, 5)], list(range(50)), 0, Scale()
                        for i in range(n):
                            t += {expression}
                        return t
                    f(1000)
                    print(json.dumps(sys._jit._ir_traces()))
                """)
                texts = [text for text in json.loads(run(program)) if "LOOP" in text]
                self.assertTrue(any(all(op in text for op in wanted) and "OPAQUE CALL" not in text for text in texts), texts)

    def test_code_goes_with_the_function(self):
        program = textwrap.dedent("""
            import gc, sys
            def live():
                gc.collect()
                return sys.getallocatedblocks()
            def once(i):
                space = {}
                exec("def f(n):\\n for i in range(n): max((1, 2, i), key=lambda x: -x); sorted([0, 0], key=lambda x: x)\\n", space)
                space["f"](200)
            for i in range(30): once(i)
            before = live()
            for i in range(200): once(i)
            print(live() - before < 4000)
        """)
        self.assertEqual(run(program).strip(), "True")


if __name__ == "__main__":
    unittest.main()
