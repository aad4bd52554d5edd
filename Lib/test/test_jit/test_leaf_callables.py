"""Leaf calls of weak references, cached functions and classes, and of instructions on what is derived from builtin types.

As in test_leaf, every way in which code of users could run is in `PROGRAM`, and each check of its traces is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "weak references": (
        """
        import weakref
        def f(n):
            class A: pass
            a, t = A(), 0
            r = weakref.ref(a)
            for i in range(n):
                if r() is a and weakref.ref(a) is r:
                    t += 1
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "IADD"],
        ["OPAQUE"],
    ),
    "caches": (
        """
        import functools
        @functools.lru_cache(None)
        def one(x): return [x]
        @functools.lru_cache(100)
        def two(x, y): return (x, y)
        def f(n):
            t = 0
            for i in range(n):
                t += len(one("a")) + len(one(i & 7)) + len(two(i & 7, "b"))
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "IADD"],
        ["OPAQUE"],
    ),
    "classes": (
        """
        class Text(str): pass
        class Plain: pass
        def f(n):
            t = 0
            for i in range(n):
                t += bool("a") + len(Text("ab")) + len(str.__new__(Text, "abc"))
                t += object.__new__(Plain) is not None
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF"],
        [],
    ),
    "text": (
        """
        import io
        def f(n):
            out, t = io.StringIO(), 0
            write = out.write
            for i in range(n):
                out.write("ab")
                t += write("abc") + len("é".encode()) + len("{}-{}".format(i, "x")) + "aXbX".count("X", i & 1, 3)
                t += len("αβγ"[i & 1])
            return t
        """,
        ["CHANGE_LEAF", "CHANGE_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF"],
        ["OPAQUE"],
    ),
    "derived dicts": (
        """
        import collections
        class Facts(dict): pass
        def f(n):
            d, c, t = Facts(a=1), collections.Counter("aab"), 0
            for i in range(n):
                if "a" in d and "z" not in c:
                    t += d["a"] + c["b"]
            return t
        """,
        ["IADD", "LOOP"],  # what was asked stands before the loop
        ["OPAQUE", "ASK_LEAF", "CALL_LEAF"],
    ),
    "attributes and sets": (
        """
        class A: pass
        def f(n):
            a, s, d = A(), set(), {"x": 1}
            for i in range(n):
                a.x = i
                del a.x
                s.update([1, i & 3])
                d.update({"y": i})
            return len(s)
        """,
        ["CHANGE_LEAF", "CHANGE_LEAF", "CHANGE_LEAF"],
        ["OPAQUE"],
    ),
    "named tuples": (
        """
        import typing
        class Pair(typing.NamedTuple):
            x: int
            y: int
        def f(n):
            t, pairs = 0, [Pair(1, 2), Pair(3, 4)]
            for i in range(n):
                x, y = pairs[i & 1]
                t += x * y
            return t
        """,
        ["TUPLE_GET", "TUPLE_GET", "IADD"],
        ["OPAQUE"],
    ),
}

PROGRAM = """
import collections, functools, io, sys, weakref

class Noisy:
    heard, k = [], "bare"
    def __init__(self, k=0): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

def weak(n):
    Noisy.heard.clear()
    out = []
    class Ref(weakref.ref):
        def __call__(self): Noisy.heard.append("called"); return super().__call__()
    class NoWeak: __slots__ = ()
    gone = []
    a = Noisy(1)
    refs = [weakref.ref(a), weakref.ref(a, gone.append), Ref(a), weakref.proxy(a), lambda: 5, weakref.WeakMethod(a.__init__)]
    things = [a, Noisy, len, NoWeak(), 5, {1}, [1], functools.partial(len)]
    for i in range(n):
        r, o = refs[i // 7 % len(refs)], things[i // 5 % len(things)]
        for k in range(2):
            try:
                got = r()
                out.append((got is a, type(got).__name__, sys.getrefcount(a)))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                w = weakref.ref(o)
                out.append((w() is o, w is weakref.ref(o), type(w).__name__))
                # Nobody else has it: it ends at once.
                weakref.ref(Noisy(i))
                out.append(weakref.ref(Noisy(i))() is None)
                out.append(len(Noisy.heard))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        if i % 60 == 59:
            a = things[0] = got = o = None
            out.append((len(gone), [r() is None for r in refs[:3]]))
            a = things[0] = Noisy(i)
            gone.clear()
            refs = [weakref.ref(a), weakref.ref(a, gone.append), Ref(a), weakref.proxy(a), lambda: 5, weakref.WeakMethod(a.__init__)]
    return out, len(Noisy.heard)

def caches(n):
    Noisy.heard.clear()
    class Key:
        def __init__(self, k): self.k = k
        def __hash__(self): Noisy.heard.append("hash"); return hash(self.k)
        def __eq__(self, other): Noisy.heard.append("eq"); return isinstance(other, Key) and self.k == other.k
    class Text(str):
        def __hash__(self): Noisy.heard.append("text"); return str.__hash__(self)
        def __eq__(self, other): return str.__eq__(self, other)
    calls = []
    @functools.lru_cache(None)
    def free(*args): calls.append(args); return [args]
    @functools.lru_cache(3)
    def bounded(*args): calls.append(args); return [args]
    @functools.lru_cache(0)
    def never(*args): calls.append(args); return [args]
    @functools.lru_cache(None, typed=True)
    def typed(*args): calls.append(args); return [args]
    class Bound:
        @functools.lru_cache(None)
        def method(self, x): calls.append(x); return [x]
    values = ["a", 1, True, 1.0, (1, "b"), None, Key(3), Text("a"), [1], 2 ** 70, len, -1, ("x", Key(4)), "b"]
    functions = [free, bounded, never, typed, Bound().method]
    out = []
    for i in range(n):
        f, v = functions[i // 9 % len(functions)], values[i % len(values)]
        for k in range(2):
            try:
                one = f(v)
                out.append((one, one is f(v), len(calls)))
                out.append((f(v, i & 1), f(v, "z", i & 1), f()))
            except TypeError as error:
                out.append((str(error).replace("test_", ""), error.__traceback__.tb_lineno))
        out.append(len(calls))
    out += [f.cache_info() for f in (free, bounded, never, typed)]
    return [repr(x) for x in out if "at 0x" not in repr(x)], len([x for x in Noisy.heard if x != "hash" and x != "text"])

class Made:
    def __new__(cls, *args): Noisy.heard.append("new"); return object.__new__(cls)
class Abstract(__import__("abc").ABC):
    @__import__("abc").abstractmethod
    def f(self): pass
class Slots: __slots__ = ("x",)
class Dies: __del__ = Noisy.__del__; k = "dies"
class Text(str): pass
class Tagged(str):
    def __new__(cls, text, tag=None): Noisy.heard.append("tag"); return str.__new__(cls, text)
class Begun(str):
    def __init__(self, text): Noisy.heard.append("begun")
class Meta(type):
    def __call__(cls, *args): Noisy.heard.append("meta"); return type.__call__(cls, *args)
class OfMeta(str, metaclass=Meta): pass
class Falsy:
    def __bool__(self): Noisy.heard.append("bool"); return False
class Sized:
    def __len__(self): return 0

def classes(n):
    Noisy.heard.clear()
    out = []
    kinds = [Text, Tagged, Begun, OfMeta, str, Made, Noisy, Abstract, Slots, Dies, int, list, 5]
    values = ["ab", "", Text("x"), 5, b"x", None, Falsy(), Sized(), [], (1,), {}, 0.0, Noisy, 2 ** 80, True]
    for i in range(n):
        c, v = kinds[i // 6 % len(kinds)], values[i % len(values)]
        for k in range(2):
            try:
                out.append((bool(v), type(bool(v)).__name__))
                o = str.__new__(c, v)
                out.append((str(o), type(o).__name__, sys.getrefcount(o), hasattr(o, "__dict__")))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                o = c(v)
                out.append((str(o) if isinstance(o, str) else 0, type(o).__name__))
            except (TypeError, ValueError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                o = object.__new__(c)
                out.append((type(o).__name__, sys.getrefcount(o)))
                o.x = i
                out.append(o.x)
            except (TypeError, AttributeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            o = None
            out.append(len(Noisy.heard))
        if i == n // 2:
            Text.__new__ = lambda cls, x: str.__new__(cls, x + "!")
        if i == n // 2 + 30:
            del Text.__new__
            Text.__init__ = lambda self, x: Noisy.heard.append("init")
    return [repr(x) for x in out if "at 0x" not in repr(x)], [x if isinstance(x, str) else type(x).__name__ for x in Noisy.heard]

class Out(io.StringIO):
    def write(self, x): Noisy.heard.append(x)

def text(n):
    Noisy.heard.clear()
    out = []
    closed = io.StringIO()
    closed.close()
    outs = [io.StringIO(), Out(), io.BytesIO(), closed, io.StringIO(newline="\\r\\n")]
    strings = ["ab", "é", "αβγ", Text("t"), 5, b"x", "\\n", "x" * 30]
    class Loud:
        def __format__(self, spec): Noisy.heard.append(spec); return "loud"
    for i in range(n):
        o, s = outs[i // 8 % len(outs)], strings[i % len(strings)]
        write = o.write
        for k in range(2):
            try:
                out.append((o.write(s), write(s), len(o.getvalue())))
            except (TypeError, ValueError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                out.append((s.encode(), s.encode("utf-8"), s.encode("latin-1", "replace"), s[0], s[-1], s[i % 2], s[i & 7]))
            except (TypeError, IndexError, AttributeError, UnicodeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                f = "{}|{:>3}" if i % 5 else "{1.real}|{0!r}"
                out.append((f.format(s, i), "{}".format(Loud() if i % 3 == 0 else s), "<{:d}>".format(s)))
            except (TypeError, ValueError, AttributeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            out.append(("aXbX".count("X", i & 3), "aXbX".count("X", i & 3, 4), "aXbX".find("X", i & 3, 4), "abc".startswith("b", i & 1, 3)))
    return out, Noisy.heard

class Facts(dict): pass
class Missing(dict):
    def __missing__(self, key): Noisy.heard.append(key); return "missing"
class Other(dict):
    def __getitem__(self, key): Noisy.heard.append(key); return "item"
    def __contains__(self, key): Noisy.heard.append(key); return True

def dicts(n):
    Noisy.heard.clear()
    out = []
    class Key:
        def __hash__(self): Noisy.heard.append("hash"); return hash("a")
        def __eq__(self, other): Noisy.heard.append("eq"); return other == "a"
    kinds = [Facts(a=1, b=[2]), Missing(a=1), Other(a=1), collections.OrderedDict(a=1), collections.defaultdict(list, a=1),
             collections.Counter("aab"), collections.ChainMap({"a": 1}), {"a": 1}]
    keys = ["a", "b", "z", Text("a"), 1, None, Key(), (1, 2), [1]]
    for i in range(n):
        d, k = kinds[i // 9 % len(kinds)], keys[i % len(keys)]
        for j in range(2):
            try:
                out.append((k in d, k not in d, len(d)))
                out.append((d[k], len(d)))
            except (TypeError, KeyError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            if k in {"a", 1, None} if k.__class__ is not list and type(k) is not Key else 0:
                out.append("in")
        if i == n // 2:
            Facts.__contains__ = lambda self, key: "yes"
            Facts.__getitem__ = lambda self, key: "got"
        if i == n // 2 + 90:
            del Facts.__contains__, Facts.__getitem__
    return [repr(x) for x in out if "at 0x" not in repr(x)], len(Noisy.heard)

def updates(n):
    Noisy.heard.clear()
    out = []
    class Key:
        def __hash__(self): Noisy.heard.append("hash"); return 1
        def __eq__(self, other): Noisy.heard.append("eq"); return False
    more = [{"a": 1}, {"b": 2, "a": 3}, {1: 2}, {Key(): 1}, [("a", 5)], Facts(c=1), None, {}]
    items = [[1, 2], (3, "a"), [Key()], {5}, "xy", [[1]], None, [Text("a")]]
    d, s = {}, set()
    for i in range(n):
        m, t = more[i // 7 % len(more)], items[i // 5 % len(items)]
        for k in range(2):
            d["a"] = Noisy(i)
            try:
                d.update(m)
                out.append((len(d), len(Noisy.heard)))
                shared = Noisy(-i)
                d["p"], d["q"] = shared, shared
                shared = None
                d.update({"p": 1, "q": 2})
                out.append((len(d), len(Noisy.heard)))
            except (TypeError, ValueError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                s.update(t)
                out.append(len(s))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        d.clear()
        s.clear()
    return out

class Holds: pass
class Watched:
    def __delattr__(self, name): Noisy.heard.append(name); object.__delattr__(self, name)
class Prop:
    @property
    def x(self): return 1
    @x.deleter
    def x(self): Noisy.heard.append("deleted")

def deletes(n):
    Noisy.heard.clear()
    out = []
    dicts = Holds()
    dicts.__dict__ = {"x": 1}
    things = [Holds(), Watched(), Prop(), Slots(), dicts, Holds, len]
    for i in range(n):
        o = things[i // 6 % len(things)]
        for k in range(2):
            try:
                if type(o) is not Prop:
                    o.x = Noisy(i) if i % 3 else [i]
                del o.x
                out.append((hasattr(o, "x"), len(Noisy.heard)))
                if type(o) is Holds:
                    o.y = o.x = i
                    del o.x
                    o.x = i
                    out.append(list(o.__dict__) if i % 5 == 0 else o.x)
                del o.x
                del o.x
            except AttributeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        out.append(len(Noisy.heard))
        if i % 20 == 0:
            things[0] = Holds()
        Hold2().x = i
    return out

class Hold2:
    def __init__(self): self.x = Noisy("h"); del self.x

Pair = collections.namedtuple("Pair", "x y")
class Iter(tuple):
    def __iter__(self): Noisy.heard.append("iter"); return iter((7, 8))

def unpacks(n):
    Noisy.heard.clear()
    out = []
    things = [Pair(1, 2), (3, 4), [5, 6], Iter((1, 2)), "ab", {1: 2, 3: 4}, Pair([1], Noisy), (1, 2, 3), Pair._make((9, Noisy(1))), 5]
    for i in range(n):
        t = things[i // 6 % len(things)]
        for k in range(2):
            try:
                x, y = t
                out.append((x, str(y)[:5], sys.getrefcount(t) if type(t) is Pair else 0))
                x, y = Pair(i, Noisy(i))
                y = None
                out.append((x, len(Noisy.heard)))
            except (TypeError, ValueError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        if i == n // 2:
            Pair.__iter__ = lambda self: iter(("i", "j"))
        if i == n // 2 + 30:
            del Pair.__iter__
    return out

def imports(n):
    import types
    module = sys.modules["made_up"] = types.ModuleType("made_up")
    module.value, out = 1, []
    for i in range(n):
        try:
            from made_up import value
            out.append(value)
        except ImportError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        if i % 40 == 39:
            module.value = [i]
        if i == n // 2:
            del module.value
        if i == n // 2 + 20:
            module.__getattr__ = lambda name: ("made", name)
        if i == n // 2 + 40:
            sys.modules["made_up"] = module = types.SimpleNamespace(value="other")
    return out

def elements(n):
    import xml.etree.ElementTree as trees
    class Sub(trees.Element): pass
    class Other(trees.Element):
        @property
        def tag(self): Noisy.heard.append("tag"); return "other"
    out, things = [], [trees.Element("a"), Sub("b"), Other("c"), trees.ElementTree(), trees.Comment("x")]
    for i in range(n):
        e = things[i // 6 % len(things)]
        try:
            out.append(e.tag if type(e.tag) is str else callable(e.tag))
            e.tag = str(i)
            out.append(e.tag)
        except AttributeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

print(elements(200), weak(260), caches(300), classes(300), text(200), dicts(300), updates(200), deletes(250), unpacks(200), imports(200), sep="\\n")
"""


class Callables(ForcedExits, OptimizedLoops, unittest.TestCase):
    program = PROGRAM
    expected_loops = LOOPS


if __name__ == "__main__":
    unittest.main()
