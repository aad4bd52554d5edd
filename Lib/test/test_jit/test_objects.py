"""Typed traces over globals, builtins and attributes: what loops become, and that all changes are seen.

`OPTIMIZED` are functions with operations of their loops; `PROGRAMS` are run with each check of their traces
made to fail in turn.
"""

import json
import textwrap
import unittest

from test.test_jit.test_typed import RUN_AND_COUNT, forced_exits, run

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
        "DICT_ENTRIES",
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
        "GUARD_GLOBALS GUARD_KEYS DICT_ENTRIES LOAD_FIELD UNBOX_INT IADD LOOP",
        "OPAQUE",
    ),
    "attributes of an instance": (
        """
        class Thing:
            def __init__(self):
                self.x, self.dx, self.n = 0.5, 0.25, 7
        def f(n):
            p = Thing()
            for i in range(n):
                p.x += p.dx * 0.5
                p.n += i
        """,
        (500,),
        "GUARD_TYPE_VERSION GUARD_INLINE_VALUES LOAD_FIELD FMUL FADD GUARD_NO_DICT STORE_FIELD_FLOAT "
        "STORE_FIELD_INT PHI RANGE_NEXT STORE_FIELD_FLOAT STORE_FIELD_INT LOOP",
        "OPAQUE",
    ),
    "slots": (
        """
        class Thing:
            __slots__ = ("x", "y")
        def f(n):
            p = Thing()
            p.x, p.y = 1, None
            for i in range(n):
                p.x = p.x + i
                p.y = p
        """,
        (500,),
        "GUARD_TYPE_VERSION LOAD_FIELD IADD STORE_FIELD_INT LOAD_FIELD GUARD_RELEASE INCREF STORE_FIELD "
        "PHI LOOP",
        "OPAQUE",
    ),
    "builtins": (
        """
        def f(n):
            items = [1, 2, 3]
            t = 0
            for i in range(n):
                t += len(items) + abs(i - 100) + max(i * 2, 100 - i)
                t += int(float(i) * 0.5)
                if isinstance(items, list):
                    t += 1
            return t
        """,
        (500,),
        "LIST_SIZE ISUB IABS IMAX I2F FMUL F2I GUARD_EXACT PHI IABS IMAX LOOP",
        "OPAQUE",
    ),
    "module and class": (
        """
        import math
        class Thing:
            rate = 0.25
        def f(n):
            t = 0.0
            for i in range(n):
                t += math.pi * Thing.rate
            return t
        """,
        (500,),
        "GUARD_MODULE GUARD_CLASS_VERSION FADD PHI FADD LOOP",
        "OPAQUE",
    ),
}

OPTIMIZED["objects in locals"] = (
    """
    class Thing:
        def __init__(self, k):
            self.k = k
    things = [Thing(k) for k in range(20)]
    for k in range(20):
        things[k].next = things[k - 1]
    def f(n):
        thing = things[0]
        t = 0
        for i in range(n):
            last, thing = thing, thing.next
            if last is thing:
                break
            t += thing.next.k
            thing = thing.next
        return t
    """,
    (500,),
    "GUARD_DROP GUARD_DROP INCREF INCREF STORE_SLOT STORE_SLOT LOAD_FIELD GUARD_DROP INCREF STORE_SLOT PHI "
    "GUARD_DROP GUARD_DROP STORE_SLOT LOOP",
    "OPAQUE",
)

OPTIMIZED["attributes in dicts and first ones"] = (
    """
    class Many:
        def __init__(self):
            for k in range(40):
                setattr(self, "a%d" % k, k)
    class Thing:
        def set(self, x):
            self.x = x
            self.y = None
    def f(n):
        many = Many()
        Thing().set(0)
        things = [Thing() for i in range(n)]
        t = 0
        for thing in things:
            t += many.a35
            thing.set(t)
    """,
    (500,),
    "LOAD_DICT LOAD_NAMED_ENTRY UNBOX_INT GUARD_UNSET INIT_VALUE GUARD_UNSET INIT_VALUE PHI IADD INIT_VALUE "
    "INIT_VALUE LOOP",
    "OPAQUE",
)

GLOBALS = """
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

FUNCTIONS = [constants, counts, lends, changed_in_a_callee, shadowed, missing, other_globals, big_and_odd]
"""

ATTRIBUTES = """
import gc, sys

class Point:
    kind = "point"
    def __init__(self):
        self.x, self.dx, self.n, self.other = 0.5, 0.25, 7, None

class Slotted:
    __slots__ = ("x", "dx", "n", "other", "late")
    def __init__(self):
        self.x, self.dx, self.n, self.other = 0.5, 0.25, 7, None

CLASSES = (Point, Slotted)

def moves(n):
    out = []
    for cls in CLASSES:
        p = cls()
        for i in range(n):
            p.x += p.dx * i
            p.n += i
        out.append((p.x, p.n))
    return out

def ints_of_all_sizes(n):
    p, q = Point(), Slotted()
    out = []
    for i in range(n):
        p.n = p.n * 3 if p.n < 2**61 else -5
        q.n = -p.n
        if i % 7 == 0:
            out.append((p.n, q.n))
    return out, p.n, q.n

def identity(n):
    p = Point()
    same = 0
    for i in range(n):
        x = p.x = p.x + 1.0
        same += x is p.x
        y = p.x
        same += y is x
        p.dx = p.x
        same += p.dx is p.x
        p.x = p.x * 0.5
        same += p.dx is p.x
        same += y is p.dx
    return same, p.x, p.dx

def old_values_live_on(n):
    p = Slotted()
    kept = []
    for i in range(n):
        old = p.x
        p.x = old + 0.5
        kept.append(old)
        p.x, p.dx = p.dx + p.x, p.x
        kept.append((p.x, p.dx, p.x))
    return kept

def on_the_stack(n):
    p = Point()
    t = 0.0
    for i in range(n):
        t += p.x - (set_x(p, i) or p.x)
        p.n = i + p.n
        t += p.n
    return t

def set_x(p, i):
    p.x = i * 0.5

def nested_owners(n):
    p, q = Point(), Slotted()
    p.other, q.other = q, p
    for i in range(n):
        p.other.other.other.x += i
        q.other.n = p.other.n + q.other.n & 1023
        q.other.other.dx = q.other.dx
    return p.x, q.x, p.n, q.n, p.dx is q.dx

class Loud:
    def __init__(self, log, i):
        self.log, self.i = log, i
    def __del__(self):
        self.log.append(("end", self.i))

def finalizers(n):
    p = Point()
    log = []
    for i in range(n):
        p.other = Loud(log, i) if i % 3 == 0 else i
        log.append(i)
    p.other = None
    return log

def deleted(n):
    out = []
    for cls in CLASSES:
        p = cls()
        try:
            for i in range(n):
                p.x += 1.0
                if i == 190:
                    del p.x
        except AttributeError as error:
            out.append((str(error), i, error.__traceback__.tb_lineno))
    return out

def dictionaries(n):
    p = Point()
    out = []
    for i in range(n):
        p.x += 1.0
        if i == 100:
            seen = p.__dict__
        if i > 100 and i % 40 == 0:
            out.append((seen["x"], p.x))
        if i == 200:
            p.__dict__ = {"x": -1.0}
    return out, seen["x"], p.x

def property_comes_later(n):
    class Here:
        def __init__(self):
            self.x = 1
    p = Here()
    t = 0
    for i in range(n):
        t += p.x
        if i == 120:
            Here.x = property(lambda self: 1000)
        if i == 180:
            del Here.x
    return t

def setter_comes_later(n):
    class Here:
        def __init__(self):
            self.x = 1
    log = []
    p = Here()
    for i in range(n):
        p.x = i
        if i == 120:
            Here.__setattr__ = lambda self, name, value: log.append((name, value))
    return log, p.x

def class_changes(n):
    class Other(Point):
        @property
        def dx(self):
            return 3.0
    p = Point()
    for i in range(n):
        if i == 150:
            p.__class__ = Other
        p.x += p.dx
    return p.x

def kinds_change(n):
    p = Point()
    for i in range(n):
        p.x = p.x + 1
        if i % 60 == 59:
            p.x = 1 if isinstance(p.x, float) else 0.5
    return p.x

def class_values(n):
    class Here:
        rate = 2
    out = []
    t = 0
    for i in range(n):
        t += Here.rate
        if i % 100 == 99:
            Here.rate = Here.rate * 1.5
    return t

def modules(n):
    import math
    module = type(sys)("mine")
    module.value = 1
    globals()["MODULE"] = module
    t = 0.0
    for i in range(n):
        t += math.pi * MODULE.value
        if i == 130:
            module.value = 2
        if i == 200:
            module.__class__ = Module
    return t

class Module(type(sys)):
    @property
    def value(self):
        return 0.5

class Link:
    def __init__(self, log, value, next):
        self.log, self.value, self.next = log, value, next
    def __del__(self):
        self.log.append(self.value)
    def step(self):
        return self.next

def links(n):
    # Locals have the last reference now and then.
    log = []
    first = None
    for i in range(12):
        first = Link(log, i, first)
    node = first
    t = 0
    for i in range(n):
        log.append(i)
        node = node.next
        if node is None:
            node = first if i < n - 40 else Link(log, -i, Link(log, -i - 1, None))
        t += node.value
        if i % 50 == 30:
            first = first.next.next
            node = first
    return t, log

def two_at_once(n):
    log = []
    a = b = Link(log, 1, None)
    c = Link(log, 2, None)
    for i in range(n):
        a, b = c, c
        a, b = b, a
        log.append(i)
        if i % 9 == 5:
            c = Link(log, i, None)
        if i % 11 == 7:
            a = b = c = Link(log, i, None)
            c, a = None, 5
            c = b
    return log

def numbers_over_objects(n):
    log = []
    kept = Link(log, 1, None)
    x = kept
    t = 0
    for i in range(n):
        x = i * 3
        t += x
        x = kept
        if i % 40 == 35:
            kept = None
            log.append(i)
            x = i + 0.5
            log.append(x)
            kept = Link(log, -i, None)
    return t, log

class Many:
    # More attributes than are kept in the object.
    def __init__(self, log=None):
        self.log = log
        for k in range(40):
            setattr(self, "a%d" % k, k)

def in_dicts(n):
    one, other = Many(), Many()
    t = 0
    out = []
    for i in range(n):
        t += one.a35 * other.a36
        one.a35 = i
        out.append((t % 255, one.a35, other.a35))
        if i % 40 == 30:
            one, other = other, one
        if i == 100:
            del one.a36
            one.a36 = 0.5
        if i == 150:
            one.__dict__ = {"a35": 3, "a36": 4}
        if i == 200:
            other.__dict__ = {1: 2, "a35": 3, "a36": 4}
    return out

def gone_from_dicts(n):
    thing = Many()
    out = []
    for i in range(n):
        try:
            out.append(thing.a35)
            if i % 50 == 40:
                del thing.a35
        except AttributeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
            thing.a35 = i
    return out

class First:
    __slots__ = ("x", "y", "z")
    def set(self, i):
        self.y = i
        self.x = i * 0.5
        return self

class Bare:
    def set(self, i):
        self.y = i
        self.x = i * 0.5
        return self

def first_values(n):
    out = []
    for i in range(n):
        one, other = First().set(i), Bare().set(i)
        other.z = one.z = other if i & 1 else one.x
        out.append((one.x is other.x, one.z is other.z, other.__dict__ if i % 9 == 8 else other.x))
        other.z = one.z = None
        if i % 30 == 7:
            del other.y
            other.set(3)
            other.w = 5
        if i % 30 == 9:
            del one.y
            other.__dict__["w"] = 6
        try:
            out.append(one.y + other.w)
        except AttributeError as error:
            out.append(str(error))
        out.append(list(other.__dict__))
    return out[-300:]

def results_nobody_wants(n):
    log = []
    chain = Link(log, 0, Link(log, 1, None))
    for i in range(n):
        chain.step()
        chain.step().value = i
        chain.step().step()
        log.append(chain.step().value)
        if i % 60 == 59:
            Link(log, i, Link(log, -i, None)).step()
            chain.next = Link(log, i + 0.5, None)
    return log

def in_a_callee(n):
    log = []
    one, other = Link(log, 1, None), Link(log, 2, None)
    out = []
    for i in range(n):
        out.append(exchanges(one, other, i))
        if i % 70 == 60:
            one = Link(log, i, other)
    return out, log

def exchanges(x, y, k):
    z = x
    x = y
    y = z if k & 1 else x
    z = k
    x = y
    return x.value + z

FUNCTIONS = [links, two_at_once, numbers_over_objects, results_nobody_wants, in_a_callee,
             in_dicts, gone_from_dicts, first_values,
             moves, ints_of_all_sizes, identity, old_values_live_on, on_the_stack, nested_owners, finalizers,
             deleted, dictionaries, property_comes_later, setter_comes_later, class_changes, kinds_change,
             class_values, modules]
"""

BUILTIN_CALLS = """
import gc, sys

def lengths(n):
    things = [], (1, 2), {}, "abc", [5] * 3, {1: 2}
    total = 0
    for i in range(n):
        for thing in things:
            total += len(thing)
        things[0].append(i)
        things[2][i] = i
        total += len(things[0]) * len(things[2])
    return total, len("x" * total)

def length_of_one(n):
    items = []
    out = 0
    for i in range(n):
        out += len(items)
        items.append(i)
        out -= len(items) // 2
    return out

class Sized:
    def __len__(self):
        return 3

def other_lengths(n):
    t = 0
    for i in range(n):
        t += len(Sized() if i % 90 == 80 else (i,))
    return t

def absolutes(n):
    t, u, same = 0, 0.0, 0
    for i in range(n):
        x = i * 1000 - 50000
        y = abs(x)
        same += y is x
        t += abs(i - 100) + y
        z = -0.0 if i == 60 else x * 0.5
        u += abs(z)
        same += 100 * (str(abs(z))[0] == "-")
        t += abs(True)
        if i == 200:
            t += abs(-2**63) + abs(-(2**63) + 1)
    return t, u, same

def extremes(n, nan=float("nan")):
    low, high, same, f, g = 1000, 0, 0, 1.0, 5.5
    for i in range(n):
        x = i * 7919 % 1009 + 500
        low = min(low, x)
        high = max(high, x)
        m = max(x, 700)
        same += m is x
        same += 10 * (min(x, m) is x)
        f = max(f, i * 0.25)
        y = nan if i % 100 == 99 else i - 50.5
        g = min(g, y)
        z = max(y, f)
        same += 1000 * (z is y)
        same += max(0, min(255, i * 3 - 100))
        same += min(i, 2.5) > 2
    return low, high, same, f, g, str(max(nan, 1.0)), str(max(1.0, nan)), str(max(0.0, -0.0))

def zeros(n):
    out = []
    for i in range(n):
        a, b = (0.0, -0.0) if i & 1 else (-0.0, 0.0)
        out.append((max(a * 1.0, b * 1.0), min(a * 1.0, b * 1.0), max(a, b), min(a, b)))
    return out

def conversions(n):
    t, u, same = 0, 0.0, 0
    for i in range(n):
        x = i * 1.75 - 100.0
        t += int(x)
        u += float(i) + float(x)
        same += float(x) is x
        same += int(t) is t
        t += int(i)
        if i == 130:
            t += int(1e30) + int(-1e18) + int(float(2**63)) + int(-float(2**63))
            u += float(2**62 + 1)
        if i == 140:
            try:
                int(x * float("inf"))
            except OverflowError as error:
                same += error.__traceback__.tb_lineno
    return t, u, same

class A:
    pass

class B(A):
    pass

class Pretends:
    @property
    def __class__(self):
        return A

def instances(n):
    a, b, p = A(), B(), Pretends()
    t = 0
    for i in range(n):
        x = a if i % 3 else b if i % 2 else p
        t += isinstance(a, A) + isinstance(x, A) * 2 + isinstance(x, B) * 4 + isinstance(i, int) * 8
        t += isinstance(t, float) * 16
        if isinstance(b, B):
            t += 32
        if i == 200:
            a.__class__ = B
    return t

def bound_later(n):
    global length, B
    length = len
    t = 0
    for i in range(n):
        t += length((i, i))
        if i == 120:
            length = hash
        if i == 180:
            length = len
    return t > 100

FUNCTIONS = [lengths, length_of_one, other_lengths, absolutes, extremes, zeros, conversions, instances,
             bound_later]
"""

POSTLUDE = (
    """
def run():
    return [repr(f(260)) for f in FUNCTIONS]

"""
    + RUN_AND_COUNT
)

PROGRAMS = {
    "globals": GLOBALS + POSTLUDE,
    "attributes": ATTRIBUTES + POSTLUDE,
    "builtins": BUILTIN_CALLS + POSTLUDE,
}

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
        cls.expected = {name: run(program, PYTHON_JIT="0") for name, program in PROGRAMS.items()}

    def check(self, **settings):
        for name, program in PROGRAMS.items():
            with self.subTest(name, **settings):
                self.assertEqual(run(program, **settings), self.expected[name])

    def test_machine_code(self):
        self.check(PYTHON_JIT_BACKEND="native")

    def test_passes_off(self):
        for passes in ("", "fold", "cse", "peel", "fold,cse,peel"):
            self.check(PYTHON_JIT_PASSES_OFF=passes)

    def test_stress(self):
        self.check(PYTHON_JIT_STRESS="1")
        self.check(PYTHON_JIT_STRESS="1", PYTHON_JIT_BACKEND="native")

    def test_forced_exits(self):
        for name, program in PROGRAMS.items():
            for settings in forced_exits(program):
                with self.subTest(name, **settings):
                    self.assertEqual(run(program, **settings), self.expected[name])


if __name__ == "__main__":
    unittest.main()
