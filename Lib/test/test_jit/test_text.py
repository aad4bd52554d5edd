"""f-strings, displays of dicts, operators of builtin types, tests and comparisons of objects: C is called directly, and nobody can tell."""

import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = """
import enum, gc, sys

class Text(str):
    pass

class Number(int):
    def __format__(self, spec): return "<" + int.__format__(self, spec) + ">"
    def __repr__(self): return "Number"

class Loud:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Loud.heard.append(self.name)
    def __str__(self): return "loud"
    def __repr__(self): return "Loud()"
    def __format__(self, spec): return "formatted " + spec

class Key:
    def __init__(self, k): self.k = k
    def __hash__(self): return 7
    def __eq__(self, other): return isinstance(other, Key) and self.k == other.k

class Same:
    pass

class Never:
    def __eq__(self, other): return NotImplemented
    __hash__ = None

class Falsy:
    def __bool__(self): return False

class Empty:
    def __len__(self): return 0

class Color(enum.Enum):
    RED = 1
    GREEN = 2

VALUES = [5, -3, 2**70, 2.5, True, None, "text", Text("sub"), Number(4), (1, 2), [3], {}, Color.RED, Same, b"x"]
SPECS = ["", ">8", "d", ".3f", "x", "nonsense", Text("5")]

def formatted(n):
    out = []
    for i in range(n):
        v, w = VALUES[i % len(VALUES)], i * 0.5
        out.append(f"{v}:{i}-{w}|{'x' * (i % 3)}{v!r}{v!s}")
        out.append(f"{v}" + f"{i}{w}")
        try:
            out.append(f"{v:{SPECS[i % len(SPECS)]}}")
        except (ValueError, TypeError) as error:
            out.append(str(error))
    return out

def one_kind(n):
    # Until something else comes.
    Loud.heard.clear()
    out, v, w, name = [], 7, 1.25, "name"
    for i in range(n):
        if i == n - 9: v = Number(3)
        if i == n - 6: name = Text("other")
        if i == n - 3: w = Loud(i)
        text = f"{i:>5}{name}-{v}, {w:.2f}{name!r}={v!r} {i!s}"
        out.append((text, type(text)))
        one = f"{name}"
        out.append(one is name)
    return out, len(Loud.heard)

def displays(n):
    out = []
    for i in range(n):
        a = {"a": i, "b": i * 0.5, "c": None}
        b = {i: 1, i % 3: 2, "k": [i]}
        k = Key(i % 2) if i % 10 == 7 else i % 2
        c = {k: i, 1: 2, Key(1): 3}
        out.append((a, list(b.items()), len(c), sys.getsizeof(a), sys.getsizeof(b)))
        try:
            out.append({[]: 1, i: 2} if i % 20 == 19 else {(): 1, i: 2})
        except TypeError as error:
            out.append(str(error))
    return [str(x)[:80].replace("<__main__.Key object", "") .split(" at 0x")[0] for x in out]

def ends(n):
    Loud.heard.clear()
    out = []
    for i in range(n):
        d = {"a": Loud(i), "b": 1, "c": 2}
        d = None
        out.append(len(Loud.heard))
        out.append(len({"a": Loud(-i), "b": i, "c": 3}))
        out.append(len(f"{Loud(i)}{i}{i}"))
        out.append("%s-%d" % (Loud(i), i))
        out.append(([Loud(i)] * (i % 3))[:0])
        out.append((Loud(i),) + (1,) == ())
    return out, len(Loud.heard), Loud.heard[::17]

def same_keys(n):
    # A value that is replaced at once is heard where the dict is made.
    seen = []
    class Heard:
        def __del__(self):
            f = sys._getframe(1)
            seen.append((f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno, f.f_locals.get("i")))
    def work(k):
        for i in range(k):
            a = {i: Heard(), i: i}
            b = {"a": Heard(), "b": 1, "a": 2}
        return len(a), len(b)
    return work(n), seen

def huge(n):
    # Python code computes the digits of huge ints, and may look at frames.
    import _pylong
    limit, real, seen = sys.get_int_max_str_digits(), _pylong.int_to_decimal_string, []
    def spy(x):
        f = sys._getframe(1)
        seen.append((f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno, f.f_locals.get("i")))
        return real(x)
    def work(x, i):
        return len(f"{x}") + len(str(x)) + len("%d" % x) + len(repr(x)) + divmod(x, 7)[1]
    sys.set_int_max_str_digits(0)
    _pylong.int_to_decimal_string = spy
    try:
        return [work(10**12000 if i % 30 == 29 else i, i) for i in range(n)], seen
    finally:
        _pylong.int_to_decimal_string = real
        sys.set_int_max_str_digits(limit)

def operators(n):
    out = []
    for i in range(n):
        a, t = [i, 1], (i, 2)
        out.append((a + [3], t + (4,), "ab" * (i % 4), (i % 3) * "x", [0] * (i % 4), (i % 2) * t, b"a" + b"b", "%d-%s-%5.1f" % (i, "p", i * 0.5)))
        b = a
        b += [5]
        c = t
        c += (6,)
        c *= 2
        a *= 2
        s = "%s" % i
        s *= 2
        out.append((a, b is a, c, s, divmod(i, 7), divmod(i * 0.5, 2)))
        try:
            out.append("%d %d" % (i, "x" if i % 15 == 14 else 3))
            out.append("%(k)s" % {"k": i})
            out.append("%s" % VALUES[i % len(VALUES)])
            out.append(divmod(i, i % 6))
        except (TypeError, ZeroDivisionError) as error:
            out.append(str(error))
    return [repr(x) for x in out]

def compared(n):
    a, b, never, out = Same(), Same(), Never(), []
    for i in range(n):
        c = a if i % 3 else b
        out.append((a == c, a != c, c == None, None != c, Color.RED == Color(1 + i % 2), Same == Loud, never == a, a == never, a == i, i != a))
        if c == a: out.append(1)
        if Color(1 + i % 2) != Color.GREEN: out.append(2)
        if Same() == Same(): out.append(3)
        if i == n - 10:
            Same.__eq__ = lambda self, other: True
        if i == n - 5:
            del Same.__eq__
    return out

def tested(n):
    Loud.heard.clear()
    kinds = [None, Same(), "", "a", [], [1], 0, 1.5, Falsy(), Empty(), Color.RED, Same, (), {}, {1: 2}, set()]
    out = []
    for i in range(n):
        for k in kinds:
            if k: out.append(1)
            elif not k: out.append(0)
        one = kinds[i % 2]
        if one: out.append(2)
        if not one: out.append(3)
        if i == n - 10: Same.__bool__ = lambda self: False
        if i == n - 5: del Same.__bool__
        # What is tested ends with the test, and is heard.
        if Loud(i) if i % 3 else Same(): out.append(len(Loud.heard))
        if not (Loud(i) if i % 2 else None): out.append(len(Loud.heard))
    return out

def iterators(n):
    d, s, out = {1: 2, 3: 4}, {5, 6}, []
    for i in range(n):
        out.append((sum(k * v for k, v in d.items()), sum(d.values()), sum(x for x in s), sum(i * x for i, x in enumerate([i, 1])),
                    sum(x * y for x, y in zip((i, 2), [3, 4, 5])), [x for x in reversed([i, 1])], "".join(c + "-" for c in "abc")))
        it = iter({i: 1}.items())
        out.append((sum(k for k, _ in it), next(it, None)))
        rest = iter([1, 2, 3, i])
        pairs = zip((1, 2), rest)
        out.append((list(x + y for x, y in pairs), list(rest), next(pairs, "no")))
        big = enumerate("ab")
        out.append((sum(len(x) + k for k, x in big), next(big, "done")))
        if i % 10 == 9: d[i] = i
        if i % 25 == 24:
            try:
                for k in d: d[-k] = 1
            except RuntimeError as error:
                out.append(str(error))
            d = {1: 2}
    return out

def supers(n):
    class A:
        def __init__(self, x): self.x = x
        def cost(self, k): return self.x + k
    class B(A):
        def __init__(self, x, y):
            super().__init__(x)
            self.y = y
        def cost(self, k): return super().cost(k) * self.y
    class C(B):
        def cost(self, k): return super().cost(k) + 1
    class D(A):
        cost = B.cost                        # super() there is about B
    out, t = [], 0
    objects = [B(1, 2), C(3, 4)]
    for i in range(n):
        t += objects[i & 1].cost(i)
        t += objects[i % 3 == 0].cost(i)
        if i == n - 20: A.cost = lambda self, k: 1000
        try:
            if i % 10 == 9: t += D(1).cost(i)
        except TypeError as error:
            out.append(str(error))
    return t, out

def run():
    return [repr(f(90)) for f in (formatted, one_kind, displays, ends, same_keys, huge, operators, compared, tested, iterators, supers)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "virtual", "fold,cse,forward,dead,peel"


class Loops(OptimizedLoops, unittest.TestCase):
    @staticmethod
    def loop(expression):
        return textwrap.dedent(f"""
            class Same: pass
            a, b, some = Same(), Same(), [Same(), Same()]
            def f(n):
                t, name, x = 0, "name", 1.5
                for i in range(n):
                    t += {expression}
                return t
        """)

    expected_loops = {}


for _name, _expression, _present in (
    ("an f-string", "len(f'{i}-{name}')", ["CALL_LEAF", "CALL_LEAF"]),
    ("a specification", "len(f'{x:.2f}')", ["CALL_LEAF"]),
    ("a conversion", "len(f'{name!r}{i!s}')", ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF"]),
    ("a dict", "len({'a': i, 'b': 2, 'c': x})", ["CALL_LEAF"]),
    ("pairs", "len({i: i, 'b': 2})", ["CALL_LEAF"]),
    ("percent", "len('%d-%s' % (i, name))", ["CALL_LEAF"]),
    ("lists", "len(some + [2])", ["CALL_LEAF"]),
    ("equal to itself", "(a == b) + (a != b)", ["LOOP"]),
    ("always true", "2 if some[i & 1] else 1", ["GUARD_TYPE_VERSION"]),
):
    Loops.expected_loops[_name] = (Loops.loop(_expression), _present, ["OPAQUE"])


if __name__ == "__main__":
    unittest.main()
