"""Globals that a trace stores to, and the names of a module's own code."""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops, in_order
from test.test_jit.test_objects import names
from test.test_jit.test_typed import RUN_AND_COUNT, run

PROGRAM = """
import gc, sys, weakref

class Loud:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Loud.heard.append((self.name, type(VALUE).__name__))

COUNT, TEXT, REAL, VALUE, ITEMS, STEADY = 0, "", 0.5, None, [], 3
OTHERS = {"COUNT": 1000, "__builtins__": __builtins__}

def other_names(n):
    # The dict has another name, and its entry is looked for.
    global COUNT, REAL
    COUNT, REAL, wrong = 0, 0.5, 0
    space = globals()
    class Module: pass
    module = Module()
    module.__dict__ = space
    for i in range(n):
        COUNT += 1
        a, b = space["COUNT"], module.COUNT
        COUNT += 1
        REAL = REAL + 0.25
        c = space["REAL"]
        REAL = REAL + 0.5
        wrong += COUNT - a != 1 or COUNT - b != 1 or REAL - c != 0.5 or space.get("COUNT") != COUNT
        space["COUNT"] = i
        wrong += COUNT != i
    return wrong

def counted(n):
    global COUNT, REAL, TEXT
    COUNT, REAL, seen = 0, 0.5, []
    for i in range(n):
        COUNT += 1
        REAL = REAL * 0.5 + COUNT
        if i % 20 == 19:
            TEXT = "a" + str(COUNT)
            seen.append((TEXT, globals()["COUNT"], REAL, COUNT is COUNT))
    return seen, COUNT

def read():
    return COUNT, STEADY, REAL

def called(n):
    # Others look while it goes on.
    global COUNT, STEADY
    COUNT, STEADY, seen = 0, 3, []
    for i in range(n):
        COUNT = COUNT + i
        seen.append(read())
        if i == n - 20:
            STEADY += 1
        if i == n - 9:
            globals()["COUNT"] = -5
        if i == n - 4:
            COUNT = "x" * 3
            seen.append(COUNT)
            COUNT = 2 ** 62
    return seen

def identity(n):
    global VALUE, COUNT
    out = []
    for i in range(n):
        VALUE = big = i + 100000
        out.append((VALUE is big, sys.getrefcount(VALUE) - sys.getrefcount(big)))
        VALUE = VALUE
        COUNT = VALUE
        out.append(COUNT is VALUE)
    return out

def ends(n):
    global VALUE
    Loud.heard.clear()
    out = []
    for i in range(n):
        VALUE = Loud(i)
        out.append(len(Loud.heard))
        VALUE = [Loud(-i)] if i % 3 else (i, 2)
        out.append(len(Loud.heard))
    VALUE = None
    return out, Loud.heard

def lists(n):
    global ITEMS, VALUE
    ITEMS = []
    for i in range(n):
        VALUE = ITEMS
        ITEMS = [i, ITEMS[:1]]
    return ITEMS, VALUE

def deleted(n):
    global VALUE, COUNT
    out, COUNT = [], 0
    for i in range(n):
        VALUE = i
        if i % 30 == 29:
            del VALUE
            try:
                out.append(VALUE)
            except NameError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        COUNT += 1
    return out, COUNT > 0

def keys(n):
    # The dict gets other keys meanwhile, and loses them.
    global COUNT
    COUNT = 0
    for i in range(n):
        COUNT += 2
        if i % 40 == 39:
            globals()[f"more{i}"] = i
        if i % 40 == 0 and i > 40:
            del globals()[f"more{i - 1}"]
        if i == 70:
            globals()[5] = COUNT
    del globals()[5]
    return COUNT

exec(compile('''
def elsewhere(n):
    global COUNT
    for i in range(n):
        COUNT += 1
    return COUNT
''', "elsewhere", "exec"), OTHERS)
shared = type(counted)(OTHERS["elsewhere"].__code__, globals())

def two_dicts(n):
    global COUNT
    COUNT = OTHERS["COUNT"] = 7
    return OTHERS["elsewhere"](n), shared(n), OTHERS["elsewhere"](n), COUNT

def cyclic(n):
    # The collector finds what is in the dict only.
    global VALUE
    class Node: pass
    gone = []
    for i in range(n):
        node = Node()
        node.me = node
        node.ref = weakref.ref(node, gone.append)
        VALUE = node
        if i % 50 == 49:
            gc.collect()
    alive = VALUE.me is VALUE
    VALUE = None
    return alive

def recursive(n, depth=3):
    global COUNT
    COUNT = 0 if depth == 3 else COUNT
    for i in range(n):
        COUNT += 1
        if i == n // 2 and depth:
            recursive(n, depth - 1)
    return COUNT

MODULE = '''
total, half, text, none = 0, 0.5, "a", None
class Thing: pass
thing = Thing()
seen = []
for i in range(150):
    total += i
    half = half * 0.75 + i
    none = None if i % 2 else total
    thing.x = total
    if i % 25 == 24:
        text = text + str(i)
        seen.append((total, text, len(text), none))
    if i == 100:
        len = lambda x: "mine"
    if i == 120:
        del len
while total > 0:
    total -= 7
    other = total
    if total == 5000: extra = 1
'''

def modules(n):
    out = []
    for turn in range(2):
        space = {"__name__": "m"}
        exec(MODULE, space)
        out.append((space["total"], space["half"], space["seen"], space["other"], space["thing"].x))
        local = {}
        exec(MODULE.replace("range(150)", "range(60)").replace("100", "40").replace("120", "50"), {"__name__": "m"}, local)
        out.append((local["total"], local["seen"]))
        class Space(dict):
            def __getitem__(self, key): return dict.__getitem__(self, key)
            def __setitem__(self, key, value): dict.__setitem__(self, key, value)
        local = Space()
        exec("t = 0\\nfor i in range(90): t += i", {}, local)
        out.append(local["t"])
    code = compile("for i in range(200): t += i", "both", "exec")
    for turn in range(4):
        space, local = {"t": 0}, {"t": 5}
        exec(code, space)
        exec(code, space, local)
        out.append((space["t"], local["t"]))
    return out

def bodies(n):
    class Body:
        t = 0
        for i in range(n):
            t += i
    return Body.t, Body.i

def run():
    return [repr(f(90)) for f in (other_names, counted, called, identity, ends, lists, deleted, keys, two_dicts, cyclic, recursive, modules, bodies)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM


class Loops(OptimizedLoops, unittest.TestCase):
    expected_loops = {
        "an int": (
            """
            def f(n):
                global K
                K = 0
                for i in range(n):
                    K += i
                return K
            """,
            ["RANGE_NEXT", "IADD", "STORE_FIELD_INT", "DICT_CHANGED", "LOOP"],
            ["OPAQUE", "UNBOX_INT", "GUARD_KEYS", "GUARD_GLOBALS", "GUARD_UNHEARD"],
        ),
        "an object": (
            """
            K = None
            def f(n):
                global K
                t = 0
                for i in range(n):
                    K = [i]
                    t += K[0]
                return t
            """,
            ["NEW_LIST", "GUARD_TRACKED", "GUARD_QUIET", "STORE_FIELD", "DICT_CHANGED", "IADD", "LOOP"],
            ["OPAQUE"],
        ),
        "in a function that is called": (
            """
            K = 0
            def step(i):
                global K
                K += i
            def f(n):
                for i in range(n):
                    step(i)
                return K
            """,
            ["IADD", "STORE_FIELD_INT", "LOOP"],
            ["OPAQUE", "PUSH_FRAME", "UNBOX_INT"],
        ),
    }

    def test_names_of_a_module(self):
        program = textwrap.dedent("""
            import sys, json
            total, step = 0, 3
            for i in range(500):
                total += i * step
                x = abs(-i)
            print(json.dumps(sys._jit._ir_traces()))
        """)
        traces = [names(text) for text in json.loads(run(program))]
        wanted = ["RANGE_NEXT", "STORE_FIELD_INT", "IMUL", "IADD", "STORE_FIELD_INT", "LOOP"]
        good = [x for x in traces if "PHI" in x and in_order(wanted, x[x.index("PHI") :]) and "OPAQUE" not in x]
        self.assertTrue(good, traces)


if __name__ == "__main__":
    unittest.main()
