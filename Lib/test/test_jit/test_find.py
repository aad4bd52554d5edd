"""What is asked of objects of any type: attributes, isinstance, type, id, `in`, truth, stores to dicts, characters of strings.

The operations look without running code of users, so every way in which code of users could run is in `PROGRAM`, which is
run with each check of its traces made to fail in turn.
"""

import json
import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

KINDS = """
import abc, enum, functools, gc, sys, types, weakref

class Plain:
    shared = 7
    def __init__(self, x): self.x = x
    def method(self): return self.x

class Slots:
    __slots__ = "x", "y"
    def __init__(self, x): self.x = x

class Hook(Plain):
    def __getattr__(self, name): return "hook " + name

class All:
    def __getattribute__(self, name): return "all " + name

class Property:
    @property
    def x(self): return 5
    @functools.cached_property
    def y(self): return 6
    @classmethod
    def z(cls): return cls
    @staticmethod
    def shared(): return 8

class Meta(type):
    x = 11
    @property
    def y(cls): return "meta"
    def __getattr__(cls, name): return "meta " + name

class Made(metaclass=Meta):
    shared = 12

class Liar:
    @property
    def __class__(self): return Plain

class Checks(type):
    def __instancecheck__(cls, o): return o.__class__ is int

class Ints(metaclass=Checks): pass

class Base(abc.ABC): pass
Base.register(Slots)

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

module = types.ModuleType("module")
module.x = 13
hooked = types.ModuleType("hooked")
hooked.__getattr__ = lambda name: "module " + name

def no_dict():
    p = Plain(1)
    p.__dict__
    return p

def own_dict():
    p = Plain(2)
    p.__dict__ = {"x": 14, "shared": 15}
    return p

OBJECTS = [
    Plain(1), Plain(2), no_dict(), own_dict(), Slots(3), Hook(4), All(), Property(), Made, Made(), Liar(), Plain, Slots, int, Base,
    module, hooked, None, 5, "text", 2.5, (1,), [1], {1: 2}, len, Plain.method, Plain(1).method, Colour.RED, Ints, object(), type, b"b",
]
"""

LOOPS = {
    "attributes of many types": (
        """
        def f(n):
            class A: pass
            class B(A): k = 1
            class C: __slots__ = ("k",)
            class D: k = 2
            class E(D): pass
            class F(E): pass
            a, c = A(), C()
            a.k = c.k = 3
            objects = [D, a, E, B(), c, D(), F(), F]
            t = 0
            for i in range(n):
                t += objects[i & 7].k
            return t
        """,
        ["GET_ATTR", "UNBOX_INT", "IADD"],
        ["OPAQUE"],
    ),
    "isinstance": (
        """
        def f(n):
            class A: pass
            class B(A): pass
            objects = A(), B(), 1, "s"
            classes = A, (int, str), B, object
            t = 0
            for i in range(n):
                t += isinstance(objects[i & 3], classes[i >> 2 & 3])
            return t
        """,
        ["IS_INSTANCE", "BOOL_OF", "IADD"],
        ["OPAQUE"],
    ),
    "names that are given": (
        """
        def f(n):
            class A: k = 3
            a, t = A(), 0
            for i in range(n):
                t += getattr(a, "k") + getattr(a, "m", 4) + hasattr(a, "z")
            return t
        """,
        ["GET_ATTR", "GET_ATTR_OR", "HAS_ATTR", "IADD"],
        ["OPAQUE"],
    ),
    "types and addresses": (
        """
        def f(n):
            objects, t = (1, "s"), 0
            for i in range(n):
                o = objects[i & 1]
                t += (type(o) is int) + (id(o) & 1) + callable(o)
            return t
        """,
        ["TYPE_OF", "SAME", "ADDRESS_OF", "CAN_CALL", "IADD"],
        ["OPAQUE"],
    ),
    "stores to a dict": (
        """
        def f(n):
            d, t = {}, 0
            for i in range(n):
                d[i & 15] = i
                d["k"] = i
                t += d["k"]
            return t
        """,
        ["DICT_SET", "DICT_SET", "DICT_GET", "IADD"],
        ["OPAQUE"],
    ),
    "characters": (
        """
        def f(n):
            s, t = "abcdefgh", 0
            for i in range(n):
                c = s[i & 7]
                if c in "aeiou" or c == s[-1] or c in ("b", "c"):
                    t += 1
            return t
        """,
        ["STR_GET", "STR_HAS"],
        ["OPAQUE"],
    ),
    "stacks and sets": (
        """
        def f(n):
            stack, seen, t = [0], set(), 0
            for i in range(n):
                x = stack.pop()
                seen.add(x)
                stack.append(x + 1 & 63)
                t += ord(chr(x & 31 | 64))
            return t + len(seen)
        """,
        ["LIST_POP", "SET_ADD", "CHR", "ORD", "IADD"],
        ["OPAQUE"],
    ),
    "methods of strings": (
        """
        def f(n):
            words, t = ["alpha,b", " beta ", "12"], 0
            for i in range(n):
                s = words[i % 3]
                if s.startswith("a") or s.isdigit():
                    t += len(s.split(",")) + s.find("b")
                t += len(s.strip().replace("a", "bb"))
            return t
        """,
        ["TEST_STR", "CALL_STR", "CALL_STR", "IADD"],
        ["OPAQUE"],
    ),
    "truth and identity of what is only looked at": (
        """
        def f(n):
            things, t = [{}, {1: 2}, {3: 4}, {}], 0
            missing = things[0]
            for i in range(n):
                if things[i & 3]:
                    t += 1
                if things[i & 3] is missing:
                    t += 2
            return t
        """,
        ["DICT_SIZE", "SAME"],
        ["OPAQUE"],
    ),
}

PROGRAM = (
    KINDS
    + """
def short(value):
    return value if isinstance(value, (int, str, float, tuple)) else getattr(value, "__qualname__", type(value).__name__)

def attributes(n):
    out = []
    for i in range(n):
        o = OBJECTS[i % len(OBJECTS)]
        try:
            out.append(short(o.x))
        except AttributeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            out.append(short(o.shared))
            out.append(short(o.y))
        except AttributeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        out.append(short(o.__class__))
        if i == 100:
            Plain.shared = property(lambda self: "now a property")
        if i == 140:
            Plain.shared = 7
        if i == 160:
            OBJECTS[0].shared = "of its own"
        if i == 180:
            del OBJECTS[0].shared
    return out

def names_of_classes(n):
    out = []
    for i in range(n):
        o = OBJECTS[i % len(OBJECTS)]
        c = type(o)
        out.append((c.__name__, c.__qualname__, c.__module__, c.__class__.__name__))
        if i == 150:
            Plain.__name__ = "Renamed"
    Plain.__name__ = "Plain"
    return out

def given_names(n):
    out = []
    names = ["x", "shared", "y", "no", "__class__", "__dict__", "method", "z", "append"]
    missing = object()
    for i in range(n):
        o, name = OBJECTS[i % len(OBJECTS)], names[i // 3 % len(names)]
        out.append(hasattr(o, name))
        value = getattr(o, name, None)
        out.append(short(value))
        out.append(getattr(o, name, missing) is missing)
        try:
            out.append(short(getattr(o, name)))
            if i % 50 == 49:
                getattr(o, 5)
        except (AttributeError, TypeError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

def instances(n):
    out = []
    classes = [
        int, Plain, (int, str), (), ((Slots, (Hook,)), float), type, Meta, Ints, Base, object, int | str, (Made, Ints),
        (Ints, Made), types.FunctionType, Liar, Colour,
    ]
    for i in range(n):
        c = classes[i % len(classes)]
        o = OBJECTS[i // 2 % len(OBJECTS)]
        out.append(isinstance(o, c))
        if isinstance(o, classes[i * 5 % len(classes)]):
            out.append(i)
        if i % 60 == 59:
            try:
                isinstance(o, 5)
            except TypeError as error:
                out.append(str(error))
    return out

class Changes: pass
class Other: pass

def changed_class(n):
    o, out = Changes(), []
    o.x = 1
    for i in range(n):
        out.append((isinstance(o, Changes), type(o) is Other, isinstance(o, (str, Other)), o.x))
        if i == 100:
            o.__class__ = Other
        if i == 150:
            Other.x = property(lambda self: 2)
    del Other.x
    return out

def types_and_addresses(n):
    out = []
    for i in range(n):
        o = OBJECTS[i % len(OBJECTS)]
        out.append((type(o).__name__, callable(o), id(o) == id(OBJECTS[i % len(OBJECTS)]), type(o) is type(None), type(i) is int))
        out.append(type([]) is list)
        out.append(callable(lambda: 0))
        out.append(id(i) == id(i))
    return out

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Key:
    def __init__(self, k): self.k = k
    def __hash__(self): return hash(self.k)
    def __eq__(self, other):
        Noisy.heard.append("eq")
        return isinstance(other, Key) and self.k == other.k

def stores(n):
    Noisy.heard.clear()
    d, out = {}, []
    keys = [1, 1.0, True, "a", "b", (1, 2), (1.0, 2), None, Plain, Plain(5), b"x", len]
    for i in range(n):
        d[keys[i % len(keys)]] = i
        d[i, i % 7] = [i]
        d[i % 5, "t"] = Noisy(i)
        d["last"] = (i, [i])
        d["same"] = d
        out.append((len(d), d["last"][0], len(Noisy.heard)))
        if i % 30 == 29:
            d[Key(i % 60)] = i
            d[Key(i % 60)] = -i
    try:
        for i in range(n):
            d[i if i < 150 else [i]] = 0
    except TypeError as error:
        out.append(str(error))
    out.append([str(k) if not isinstance(k, (Key, Plain, type)) else type(k).__name__ for k in d if k != len])
    d.clear()
    return out, Noisy.heard

def nested_ends(n):
    # The old value ends with the store, or with the key.
    Noisy.heard.clear()
    d, out = {}, []
    for i in range(n):
        d["k"] = [Noisy(i)]
        out.append(len(Noisy.heard))
        d[(d["k"][0],)] = 1
        d["k"] = 0
        out.append(len(Noisy.heard))
        d.popitem()
        out.append(len(Noisy.heard))
    return out, Noisy.heard

class Holder: pass

def dict_of_what_ends(n):
    out = []
    for i in range(n):
        h = Holder()
        h.d = {"h": h}
        d = h.d
        d["n"] = i
        del h
        d["h"] = None
        out.append(d["n"])
    return out

def own_dicts(n):
    out = []
    p = Plain(0)
    for i in range(n):
        p.x = i
        p.__dict__["x"] = i + 1
        out.append(p.x)
        vars(p)["y" if i & 1 else "z"] = i
        out.append((p.x, hasattr(p, "y"), hasattr(p, "z")))
        if i % 40 == 39:
            p = Plain(0)
    return out

def global_stores(n):
    g, out = globals(), []
    for i in range(n):
        g["counter"] = i
        out.append(counter)
    return out

counter = 0

def membership(n):
    out = []
    things = [
        "abcdef", ["a", 1, 2.5, None], ("a", "xyz", (1, 2)), {"a": 1, 5: 2}, {"a", 1}, frozenset("ab"), [Plain, Slots], (len, int),
        [Key(7)], (Key(1),), range(5), "", [],
    ]
    keys = ["a", "xyz", 1, 7, 1.0, None, (1, 2), Plain, len, Key(7), "\u20ac", True]
    Noisy.heard.clear()
    for i in range(n):
        t, k = things[i % len(things)], keys[i // 2 % len(keys)]
        try:
            out.append(k in t)
            if k not in t:
                out.append(i)
        except TypeError as error:
            out.append(str(error))
        out.append(("a" in "banana", i & 3 in (1, 2), i % 7 in [1, 5, 6], None in (i, None), i in ()))
        out.append("a" + "b" in ["ab", "c"])
    return out, len(Noisy.heard)

def characters(n):
    out = []
    strings = ["abcdef", "a\u20acb\xe9c\x7f", "", "x", Sub("abc")]
    for i in range(n):
        s = strings[i % len(strings)]
        try:
            out.append((s[i % 7], s[-1 - i % 5]))
            out.append(s[0] is s[0])
            out.append((s + "y")[-1])
        except IndexError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

class Sub(str):
    def __getitem__(self, i): return "sub"

class Truth:
    def __init__(self, k): self.k = k
    def __bool__(self): return self.k

class Length:
    def __len__(self): return 0

def truth(n):
    Noisy.heard.clear()
    things = [{}, {1: 2}, (), (1,), [], [1], "", "s", 0, 5, 0.0, None, Truth(True), Truth(False), Length(), set(), {1}, Plain(1), b"", range(0)]
    out = []
    for i in range(n):
        t = things[i % len(things)]
        if t:
            out.append(i)
        if not t:
            out.append(-i)
        if (i, t)[1:]:
            out.append("pair")
        if {i & 1: t} and dict() or ():
            out.append("never")
        if [Noisy(i)] is None or (Noisy(-i), t) is t:
            out.append("never")
        out.append(len(Noisy.heard))
    return out

def nones(n):
    Noisy.heard.clear()
    out, found = [], {1: Noisy(1), 2: None, 3: [4]}
    for i in range(n):
        x = found.get(i % 5)
        if x is None:
            out.append(i)
        if found.get((i % 5, i)) is not None or found.get(i % 4, found) is found:
            out.append(-i)
        if make(i) is not None:
            out.append(len(Noisy.heard))
        if i % 50 == 49:
            found[1] = Noisy(i)
    return out

def make(i):
    return None if i % 3 == 0 else [i] if i % 3 == 1 else Noisy(i)

def methods(n):
    out = []
    texts = ["a,b,,c", "", " Title Case\\n", "\u20acuro,x", "12", Sub("a,b"), "x" * 70]
    for i in range(n):
        s = texts[i % len(texts)]
        out.append((s.startswith("a"), s.endswith(("c", "x")), s.isdigit(), s.islower(), s.startswith(s)))
        out.append((s.strip(), s.lower(), s.upper(), s.replace(",", ";"), s.strip("a "), s.removeprefix("a")))
        out.append((s.split(","), s.split(), s.rsplit(",", 1), s.partition(","), s.splitlines(), s.find(",", 2), s.count(s)))
        out.append((",".join(s.split(",")), s.join(["1", "2"]), "".join((s, s)), s.zfill(i % 9), s.center(i % 12)))
        try:
            out.append(s.index(","))
            if i % 40 == 39:
                out.append(s.replace(",", i))
            if i % 40 == 38:
                out.append("-".join([s, i]))
            if i % 40 == 37:
                out.append(s.startswith(("a", i)))
            if i % 40 == 36:
                out.append(s.center(2**70))
        except (TypeError, ValueError, OverflowError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        if s.startswith("a") and not s.isdigit():
            out.append((s.lower() is s.lower(), s.strip() is s))
    return out

class A:
    def who(self): return "A"
class B(A):
    def __init__(self): self.who = lambda: "own"
class C(A):
    __slots__ = ()
    def who(self): return "C"
class D:
    who = staticmethod(lambda: "D")
    def __getattr__(self, name): return lambda: "hook " + name
class E:
    def __init__(self): self.__dict__["who"] = A().who
class F(list):
    who = len
class G:
    who = classmethod(lambda cls: cls.__name__)

def loaded_methods(n):
    out = []
    things = [A(), B(), C(), D(), E(), F("ab"), G(), G, A(), object()]
    for i in range(n):
        thing = things[i % len(things)]
        try:
            out.append(thing.who())
        except (AttributeError, TypeError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        made = [set(), {}, [1], "text", {1: 2}, b"b"][i % 6]
        try:
            out.append(made.copy() == made)
            out.append(made.pop(0))
        except (AttributeError, TypeError, KeyError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        if i == 100:
            C.who = lambda self: "new C"
        if i == 150:
            things[0].who = lambda: "shadowed"
    C.who = CWHO
    return out

CWHO = C.who

def adds_and_pops(n):
    Noisy.heard.clear()
    s, l, out = set(), list(range(n)), []
    keys = [1, "a", 1.0, (1, 2), None, Plain, Key(3), Key(3), True, "\u20ac"]
    for i in range(n):
        s.add(i % 50)
        s.add((i % 9, "t"))
        s.add(keys[i % 10])
        made = {i}
        made.add(i + 1)
        out.append((len(s), len(made), made.add(0)))
        try:
            out.append(l.pop())
            l.append([i])
            l.append(Noisy(i))
            x = l[-1]
            out.append((l.pop() is x, x.k, l.pop(), len(l)))
            if i % 30 == 29:
                l.pop().none
            if i == 150:
                del l[:]
            out.append([i, i + 1].pop())
            if i % 50 == 49:
                s.add([])
        except (IndexError, AttributeError, TypeError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        x = None
        out.append(len(Noisy.heard))
    return out

class Lazy(list):
    def first(self): return self[0]
class Own(str): pass

def dicts_that_come_later(n):
    # list and str have room for no dict; their subclasses have one as soon as something is stored there.
    out, lazy, own = [], Lazy([1, 2]), Own("text")
    for i in range(n):
        lazy.append(i)
        out.append((lazy.first(), len(lazy), own.upper(), lazy.index(i)))
        if i == 100:
            lazy.first = lambda: "own"
        if i == 140:
            own.upper = lambda: "own"
        if i == 160:
            lazy, own = Lazy([3]), Own("new")
        if i == 190:
            Lazy.first = lambda self: "new"
    Lazy.first = FIRST
    return out

FIRST = Lazy.first

class Holds:
    def __init__(self, f): self.add = self.get = self.pop = self.lower = f

def methods_that_are_attributes(n):
    # Where a method of a builtin type was called, something else stands in the object itself: there is no `self` on the stack.
    out = []
    things = [set(), Holds(lambda *rest: len(rest)), set(), Holds(isinstance)]
    others = [{"k": 1}, Holds(lambda *rest: rest), [1], "Text"]
    for i in range(n):
        for names, args in ((things, (i,)), (others, ("k",)), (others, ())):
            thing = names[i * 7 // 40 % 4]
            for k in range(3):
                try:
                    if len(args) == 0:
                        out.append(thing.lower() if i & 1 else thing.pop())
                    elif names is things:
                        out.append(thing.add(i))
                    else:
                        out.append(thing.get("k"))
                except (TypeError, AttributeError, IndexError, KeyError) as error:
                    out.append(str(error))
        others[2] = [i]
    return out

def codes(n):
    out = []
    for i in range(n):
        c = chr(i)
        out.append((ord(c), c, ord("a"), chr(ord("a") + i % 26)))
        try:
            out.append(ord("ab"[i % 3 // 2:]))
            out.append(chr(-i % 5 - 1))
        except (TypeError, ValueError) as error:
            out.append(str(error))
    return out

def equal_strings(n):
    out = []
    made = "".join(["al", "pha"])
    kinds = ["alpha", made, sys.intern("".join(["be", "ta!"])), "beta!", "gamma", "\u20acuro", "\u20acur" + "o", Sub("alpha"), "a", "ab"[:1]]
    for i in range(n):
        a, b = kinds[i % 10], kinds[i // 10 % 10]
        out.append((a == b, a != b, a == "alpha", b != "beta!"))
        if a == b:
            out.append(i)
    return out

FUNCTIONS = [
    dicts_that_come_later, adds_and_pops, methods_that_are_attributes, codes, equal_strings, methods, loaded_methods, attributes, names_of_classes, given_names, instances, changed_class, types_and_addresses, stores, nested_ends, dict_of_what_ends,
    own_dicts, global_stores, membership, characters, truth, nones,
]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


    def test_methods_of_many_types(self):
        # At the end of the chain of side traces, one for each type, stands one that looks.
        program = """
import sys, json
class A:
    def m(self): return 1
class B(A): pass
class C(A): pass
class D(A): pass
class E(A): pass
class F(A): pass
def f(n):
    things, t = [A(), B(), C(), D(), E(), F()], 0
    for i in range(n):
        t += things[i % 6].m()
    return t
f(20000)
print(json.dumps(sys._jit._ir_traces()))
"""
        traces = json.loads(run(program))
        self.assertTrue(any("GET_METHOD" in text for text in traces))


# A descriptor that can be set or deleted, and not be asked, comes before what the object has of its own.
ONLY_SET = """
log = []
class Set:
    def __set__(self, o, value): log.append(value)
class Delete:
    def __delete__(self, o): log.append("deleted")
class Kept:
    def __set_name__(self, owner, name): self.name = name
    def __set__(self, o, value):
        log.append(value)
        o.__dict__[self.name] = value
class C:
    x, d, k = Set(), Delete(), Kept()
class Late:
    def __init__(self): self.x = 1
def store(n):
    o = C()
    o.__dict__["x"] = 1
    for i in range(n):
        o.x = o.k = i
        setattr(o, "x", -i)
    return o.__dict__
def delete(n):
    o, failed = C(), 0
    for i in range(n):
        o.__dict__["d"] = 1
        del o.d
        try: o.d = 2
        except AttributeError: failed += 1
    return o.__dict__, failed
def later(n):
    o = Late()
    for i in range(n):
        o.x = i
        if i == n // 2: Late.x = Set()
    del Late.x
    return o.__dict__
for f in store, delete, later:
    print(f(200), len(log), hash(tuple(log)))
    log.clear()
"""


# What is stored through the dict of an object: its values leave it when there are many, and names are added that hide those of the class.
THROUGH_DICTS = """
class O:
    kept = 1
    def __init__(self, a): self.a, self.b = a, 1
def values_leave(n):
    keys = ["b"] * (n // 2) + ["k%d" % i for i in range(n)]
    o, out = O(5), []
    d = o.__dict__
    for i in range(n):
        d[keys[i]] = i
        d["a"] = "x" * (100 + i % 7)
        out.append(len(o.a))
    return out
def updates(n):
    more = [{"b": 1}] * (n // 2) + [{"k%d" % i: i} for i in range(n)]
    o, out = O(5), []
    d = o.__dict__
    for i in range(n):
        if i % 3: d.update(more[i])
        elif i % 2: d |= more[i]
        else: d.setdefault(*more[i].popitem())
        more[i]["b"] = 2
        d["a"] = [i]
        out.append(o.a)
    return out
def hidden(n):
    keys = ["a"] * (n // 2) + ["kept"] + ["b"] * n
    o, out = O(5), []
    d = o.__dict__
    for i in range(n):
        d[keys[i]] = i
        out.append(o.kept)
    return out
def emptied(n):
    out = []
    for i in range(n):
        o = O(i)
        d = o.__dict__
        out.append(o.a)
        if i > n // 2: out.append(d.popitem())
        d["a"] = -i
        out.append(o.a)
    return out
for f in values_leave, updates, hidden, emptied:
    print(f(200))
"""

# What an object, or its class, says of which class it is.
CLASSES_OF_OBJECTS = """
class M: __class__ = int
def f(n):
    o, out = M(), []
    for i in range(n):
        out.append(isinstance(o, int))
        o.__class__ = float if i % 2 else int
        out.append((isinstance(o, int), isinstance(o, (str, float))))
    return out
print(f(200))
"""


class InstanceTests(unittest.TestCase):
    def compare(self, program):
        expected = run(program, PYTHON_JIT="0")
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), expected)

    def test_stores_through_the_dict_of_an_object(self):
        self.compare(THROUGH_DICTS)

    def test_objects_that_say_of_which_class_they_are(self):
        self.compare(CLASSES_OF_OBJECTS)


class DescriptorTests(unittest.TestCase):
    def test_descriptors_that_are_only_set(self):
        expected = run(ONLY_SET, PYTHON_JIT="0", PYTHONHASHSEED="0")
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(ONLY_SET, PYTHON_JIT_BACKEND=backend, PYTHONHASHSEED="0"), expected)


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
