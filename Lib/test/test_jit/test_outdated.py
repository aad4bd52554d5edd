"""Checks that a trace does not make, or makes once: versions of functions it knows, pending events, room for frames.

What makes such a trace out of date drops it, also while it runs: changes of a function, of the recursion limit, of what is monitored.
"""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops, loops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = """
import gc, sys, types

def inner(x, y=2, *, z=3): return x + y + z
def other(x, y=5, *, z=7): return x * y - z
def middle(x): return inner(x) + inner(x, 1)
code, defaults, named = inner.__code__, inner.__defaults__, inner.__kwdefaults__

def reset():
    inner.__code__, inner.__defaults__, inner.__kwdefaults__ = code, defaults, named

def change(i, n, what):
    # Runs inside the iteration that has called, and goes on calling.
    if i == n - 20:
        what()

def new_code(): inner.__code__ = other.__code__
def new_defaults(): inner.__defaults__ = (9,)
def no_defaults(): inner.__defaults__ = (4, 5)
def new_named(): inner.__kwdefaults__ = {"z": 11}

def changed(n):
    out = []
    for what in new_code, new_defaults, no_defaults, new_named:
        t = 0
        for i in range(n):
            t += middle(i)
            change(i, n, what)
            t += middle(i)
        out.append(t)
        reset()
    return out

class Counter:
    def __init__(self, k): self.k = k
    def get(self): return self.k
    def twice(self): return self.get() + self.get()

def methods(n):
    # The functions are those of the class; their code changes, the class does not.
    counter, t, get = Counter(3), 0, Counter.get.__code__
    for i in range(n):
        t += counter.twice()
        if i == n - 20:
            Counter.get.__code__ = Counter.twice.__code__.replace(co_code=get.co_code, co_names=("k",), co_consts=get.co_consts)
        if i == n - 10:
            Counter.get.__code__ = get
        t += counter.twice()
    return t

def depth(): return depth() + 1

def levels():
    # How many calls there is room for: the one that is one too many raises.
    count = 0
    def down():
        nonlocal count
        count += 1
        down()
    try:
        down()
    except RecursionError:
        return count

def a(x): return b(x) + 1
def b(x): return c(x) + 1
def c(x): return d(x) + 1
def d(x): return x

def limited(n):
    # The limit is lowered between two calls of one iteration: how far does the second one come?
    out, limit = [], sys.getrecursionlimit()
    used = len(list(frames()))
    for i in range(n):
        t = a(i)
        try:
            if i >= n - 12:
                sys.setrecursionlimit(used + n - i)
            t += a(i)
        except RecursionError:
            t = "too deep"
        finally:
            sys.setrecursionlimit(limit)
        if i >= n - 12:
            out.append(t)
    return out

def frames():
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back

def at_depth(n):
    # Deep down, where a trace has less and less room.
    def down(k):
        try:
            return a(k) if k > 3000 else down(k + 1)
        except RecursionError:
            return -k
    return [down(3000 - i) for i in range(n)][-5:], levels() - levels()

def monitored(n):
    events, E = [], sys.monitoring.events
    sys.monitoring.use_tool_id(3, "test")
    def line(code, number):
        events.append((code.co_name, number))
        return sys.monitoring.DISABLE
    sys.monitoring.register_callback(3, E.LINE, line)
    for function in a, b, c, d:
        sys.monitoring.set_local_events(3, function.__code__, E.LINE)
    try:
        for i in range(n):
            a(i)
            if i in (n - 20, n - 10):
                sys.monitoring.restart_events()
            a(i)
    finally:
        for function in a, b, c, d:
            sys.monitoring.set_local_events(3, function.__code__, 0)
        sys.monitoring.register_callback(3, E.LINE, None)
        sys.monitoring.free_tool_id(3)
    return events

def collected(n):
    # The collector runs when a function is entered, not before.
    seen = []
    def look(phase, info):
        if phase == "start":
            f, names = sys._getframe(1), []
            while f is not None and len(names) < 4:
                names.append(f.f_code.co_name)
                f = f.f_back
            seen.append(names)
    gc.callbacks.append(look)
    old = gc.get_threshold()
    gc.set_threshold(40)
    try:
        kept = [(a(i), [i]) for i in range(n)]
    finally:
        gc.set_threshold(*old)
        gc.callbacks.remove(look)
    return len(kept)

TESTED = changed, methods, limited, at_depth, monitored, collected

def run():
    return [repr(f(300)) for f in TESTED]

""" + RUN_AND_COUNT


class OutdatedTests(ForcedExits, OptimizedLoops, unittest.TestCase):
    program = PROGRAM
    expected_loops = {
        "functions that are known": (
            """
            class P:
                def __init__(self, x): self.x = x
                def get(self): return helper(self.x)
            def helper(x): return x + 1
            def f(n):
                ps = [P(1), P(2)]
                t = 0
                for i in range(n):
                    t += ps[i & 1].get()
                return t
            """,
            ["GUARD_TYPE_VERSION", "LOAD_FIELD", "IADD", "LOOP"],
            ["OPAQUE", "GUARD_FUNCTION", "GUARD_RESUME", "GUARD_STACK", "GUARD_RECURSION"],
        ),
    }

    def test_room_is_asked_for_once(self):
        source = """
            import time
            class P:
                def get(self, x): return helper(x)
            def helper(x): return other(x)
            def other(x): return x + 1
            def f(n):
                p, t = P(), 0
                for i in range(n):
                    t += p.get(i)
                    time.time().hex()
                    t += p.get(t) + other(i)
                return t
            """
        for loop in loops(source):
            with self.subTest(loop):
                self.assertIn("OPAQUE", loop)
                for name in "GUARD_STACK", "GUARD_RECURSION", "GUARD_FUNCTION", "GUARD_GLOBALS":
                    self.assertNotIn(name, loop)
                # The first call is behind the check of the iteration, the others are behind what runs anything.
                self.assertEqual(loop.count("GUARD_RESUME"), 1)


if __name__ == "__main__":
    unittest.main()
