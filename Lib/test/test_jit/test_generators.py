"""Generators and coroutines: resumed by C with no evaluation loop around them, or by the trace itself."""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, operations, run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = (
    """
import gc, sys, traceback

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def consumers(n):
    out = []
    for i in range(n // 20):
        a = [x - 3 for x in range(i % 9)]
        out.append((sum(x * 2 for x in a), sum(x * 0.5 for x in a), tuple(x + i for x in a),
                    sorted({x % 3 for x in a}), set(x & 3 for x in a), any(x > 4 for x in a),
                    all(x < 4 for x in a), max((x * x for x in a), default=None), "-".join(str(x) for x in a),
                    dict((x, -x) for x in a), [*(x for x in a if x & 1)], list(map(abs, (x for x in a))),
                    list(zip((x for x in a), (y * 2.5 for y in a)))))
    return out

def kinds(n):
    # One place, several types, numbers that grow.
    values = [1, 2.5, True, "a", 2**62, None, (1,), -5, 10**30]
    def double(i):
        for k in range(i):
            v = values[(i + k) % len(values)]
            yield v * 2 if v is not None else v
    return [list(double(i % 23)) for i in range(n // 4)]

def grows(n):
    def powers():
        x = 1
        while True:
            yield x
            x *= 3
    source = powers()
    return [v for _, v in zip(range(n), source)][::17]

def sent(n):
    def average():
        total, count, value = 0.0, 0, None
        while True:
            value = yield value
            total += value
            count += 1
            value = total / count
    g = average()
    next(g)
    return list(map(g.send, range(n)))[-5:] + list(map(g.send, [0.5] * n))[-5:]

def helper(x):
    if x % 37 == 36:
        raise KeyError(x)
    return x + 1

def calls(n):
    # Where the trace leaves there are frames above the generator's.
    def inner(i):
        for k in range(i):
            yield helper(i * 7 + k)
    out = []
    for i in range(n // 4):
        try:
            out.append(sum(inner(i % 40)))
        except KeyError as error:
            steps = traceback.extract_tb(error.__traceback__)
            out.append((error.args, [(f.name, f.lineno - calls.__code__.co_firstlineno) for f in steps]))
    return out

def raises(n):
    def source(stop):
        for i in range(100):
            if i == stop:
                raise LookupError(i)
            yield i
    out = []
    for stop in range(n // 3):
        try:
            out.append(sum(source(stop)))
        except LookupError as error:
            steps, tb = [], error.__traceback__
            while tb is not None:
                steps.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno))
                tb = tb.tb_next
            out.append((error.args, steps))
    return out

def stop_iteration(n):
    def source():
        for i in range(n):
            if i == n - 9:
                next(iter(()))
            yield i
    try:
        return sum(source())
    except RuntimeError as error:
        return repr(error), repr(error.__cause__)

def handled(n):
    # What is being handled while the generator runs, and while it does not.
    def source():
        for i in range(n):
            try:
                if i % 5 == 0:
                    raise KeyError(i)
                yield repr(sys.exception())
            except KeyError:
                yield repr(sys.exception())
    try:
        raise ValueError("outer")
    except ValueError:
        got = list(source())
    return got[::7], repr(sys.exception())

def frames(n):
    # What the generator sees above it, and what others see of it.
    seen = []
    def source():
        for i in range(n):
            if i % 50 == 49:
                f = sys._getframe()
                seen.append((f.f_lineno - f.f_code.co_firstlineno, f.f_back.f_code.co_name, g.gi_running,
                             g.gi_frame is f, g.gi_suspended))
            yield i
    g = source()
    total = sum(x for x in g)
    seen.append((g.gi_running, g.gi_frame))
    h = source()
    for i in range(n - 2):
        next(h)
    f = h.gi_frame
    line = f.f_lineno - f.f_code.co_firstlineno
    seen.append((line, f.f_back, h.gi_running, h.gi_suspended, sorted(f.f_locals)))
    return total, seen

def locals_written(n):
    def source():
        k = 0
        for i in range(n):
            yield k + i
            k += 1
    g = source()
    out = []
    for i, v in enumerate(map(lambda _: next(g), range(n))):
        if i % 60 == 59:
            g.gi_frame.f_locals["k"] = -1000
        out.append(v)
    return out[::13]

def again(n):
    # "generator already executing", from within.
    out = []
    def source():
        for i in range(n):
            if i % 40 == 39:
                try:
                    next(g)
                except ValueError as error:
                    out.append(str(error))
            yield i
    g = source()
    return sum(g), out

def thrown(n):
    out = []
    def source(i):
        try:
            for k in range(50):
                yield k
        except KeyError as error:
            out.append(error.args)
            yield -1
        finally:
            out.append(i)
    for i in range(n // 4):
        g = source(i)
        total = 0
        for k in range(i % 30):
            total += next(g)
        if i % 3 == 0:
            g.close()
        elif i % 3 == 1:
            try:
                total += g.throw(KeyError(i))
            except KeyError:
                out.append("not begun")
        else:
            del g
        out.append(total)
    return out

def finalizers(n):
    Noisy.heard.clear()
    def source():
        for i in range(n):
            x = Noisy(i)
            yield i
            if i % 3:
                x = None
                Noisy.heard.append(-i)
    total = sum(source())
    h = source()
    for i in range(n // 2):
        next(h)
    del h
    return total, Noisy.heard[::11], len(Noisy.heard)

def chain(n):
    def level(depth, limit):
        if depth == 0:
            yield from range(limit)
        else:
            yield sum(x for x in level(depth - 1, limit))
            yield from level(depth - 1, limit)
    return [list(level(i % 6, 8)) for i in range(n // 10)]

def recursion(n):
    # Each level is a generator that C resumes.
    def level(depth):
        if depth > 0:
            yield sum(level(depth - 1)) + 1
        else:
            yield 0
    def endless():
        yield sum(endless())
    results = [sum(level(i % 40)) for i in range(n)]
    try:
        sum(endless())
    except RecursionError as error:
        results.append("recursion")
    return results[::19] + results[-1:]

class Awaited:
    def __init__(self, value): self.value = value
    def __await__(self):
        got = yield self.value
        return got + 1

def coroutines(n):
    async def inner(i):
        return await Awaited(i) + await Awaited(i * 0.5)
    async def outer():
        t = 0
        for i in range(n):
            t += await inner(i)
        return t
    c = outer()
    out = [c.send(None)]
    while True:
        try:
            out.append(c.send(out[-1]))
        except StopIteration as stop:
            return out[::31], stop.value

def async_generators(n):
    async def numbers():
        for i in range(n):
            yield i * 2
    async def total():
        t = 0
        async for x in numbers():
            t += x
        return t, [x async for x in numbers() if x % 50 == 0]
    try:
        total().send(None)
    except StopIteration as stop:
        return stop.value

def traced(n):
    # Tracing begins while the generator is suspended.
    events = []
    def trace(frame, event, arg):
        if frame.f_code.co_name == "source":
            events.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return trace
    def source():
        for i in range(n):
            yield i
    g = source()
    total = 0
    for i in range(n // 2):
        total += next(g)
    sys.settrace(trace)
    try:
        total += next(g) + next(g)
    finally:
        sys.settrace(None)
    return total + sum(g), events

def monitored(n):
    events = []
    m = sys.monitoring
    def source():
        for i in range(n):
            yield i
    g = source()
    total = sum(x for _, x in zip(range(n - 20), g))
    m.use_tool_id(3, "test")
    try:
        def on_yield(code, offset, value): events.append((code.co_name, value))
        def on_resume(code, offset): events.append(code.co_name)
        m.register_callback(3, m.events.PY_YIELD, on_yield)
        m.register_callback(3, m.events.PY_RESUME, on_resume)
        m.set_events(3, m.events.PY_YIELD | m.events.PY_RESUME)
        total += next(g)
        total += sum(g)
    finally:
        m.set_events(3, 0)
        m.free_tool_id(3)
    return total, events

def numbers_used_again(n):
    # A local's old number object is written into, if nobody else has it: here some have.
    kept, seen = [], []
    def source(k):
        x, y, z = 1000, 0.5, 10**12
        for i in range(k):
            x += 300
            y = y * 0.5 + i
            z += 10**9
            if i % 7 == 3:
                kept.append((x, y, z))
            elif i % 11 == 5:
                yield z
                x = -5
            w = x
            yield y + x
            if w is not x: seen.append(i)
            del w
    total = 0.0
    for v in source(n): total += v
    return total, kept[::5], seen, [a is b for (a, _, _), (b, _, _) in zip(kept, kept[1:])][:5]

def returns_to_the_consumer(n):
    # The trace begins in the generator, goes on where that was called from, and ends with the return of a
    # function called there.
    def clip(x): return x if x < 1000 else 7
    def source(k):
        yield 1.5 + k
        yield k
    return [[clip(x * 2) for x in source(i)] for i in range(n)][::9]

def closed(n):
    # Closed where an executor stands: what it awaits is found, and nothing is raised in it without need.
    out = []
    class Iterator:
        def __iter__(self): return self
        def __next__(self): return 3
        def close(self): out.append("closed")
    def source():
        yield from Iterator()
    async def awaits():
        await Forever()
    class Forever:
        def __await__(self): return Iterator()
    for i in range(n // 6):
        g = source()
        total = sum(x for _, x in zip(range(i), g))
        out.append((total, type(g.gi_yieldfrom).__name__))
        g.close()
        a = awaits()
        for k in range(i):
            a.send(None)
        out.append(type(a.cr_await).__name__)
        a.close()
        out.append(next((x for x in range(i, 50) if x > 20), None))
    return out

def collected(n):
    def source():
        for i in range(n):
            if i % 100 == 99:
                gc.collect()
            a = [i]
            a.append(a)
            yield len(a)
    return sum(source())

FUNCTIONS = [consumers, kinds, grows, sent, calls, raises, stop_iteration, handled, frames, locals_written,
             again, thrown, finalizers, chain, recursion, coroutines, async_generators, traced, monitored,
             numbers_used_again, returns_to_the_consumer, closed, collected]

def run():
    return [repr(f(240)) for f in FUNCTIONS]

"""
    + RUN_AND_COUNT
)


# source of f, arguments, operations that some loop holds, in this order
OPTIMIZED = {
    "consumed by a loop": (
        """
        def upto(n):
            i = 0
            while i < n:
                yield i
                i += 1
        def f(n):
            t = 0.5
            for x in upto(n):
                t += x
            return t
        """,
        "PHI GUARD_GENERATOR LOAD_GEN UNBOX_INT IADD BOX_INT STORE_GEN SUSPEND_GEN I2F FADD LOOP",
    ),
    "a number that only the consumer has": (
        """
        def f(n):
            t = 0.5
            for x in (i * 0.25 for i in range(n)):
                t += x
            return t
        """,
        "PHI GUARD_GENERATOR RANGE_NEXT FMUL STORE_GEN_INT SUSPEND_GEN FADD LOOP",
    ),
    "delegated": (
        """
        def upto(n):
            i = 0
            while i < n:
                yield i
                i += 1
        def outer(n):
            yield from upto(n)
        def f(n):
            t = 0
            for x in outer(n):
                t += x
            return t
        """,
        "PHI GUARD_GENERATOR LOAD_GEN GUARD_GENERATOR IADD SUSPEND_GEN SUSPEND_GEN IADD LOOP",
    ),
    "a call in the generator": (
        """
        def double(x): return x * 2
        def doubles(n):
            for i in range(n):
                yield double(i)
        def f(n):
            t = 0
            for x in doubles(n):
                t -= x
            return t
        """,
        "PHI GUARD_GENERATOR RANGE_NEXT IMUL SUSPEND_GEN ISUB LOOP",
    ),
    "an opaque instruction in the generator": (
        """
        def spaces(n):
            for i in range(n):
                yield globals()
        def f(n):
            t = 0
            for x in spaces(n):
                t += len(x)
            return t
        """,
        "GUARD_GENERATOR RANGE_NEXT PUSH_GENERATOR OPAQUE LOOP",
    ),
}


def in_order(wanted, found):
    rest = iter(found)
    return all(name in rest for name in wanted)


def traces(source, **settings):
    """The operations of all traces after running `source`, without the marks of the instructions."""
    source = textwrap.dedent(source) + "\nimport sys, json\nprint(json.dumps(sys._jit._ir_traces()))\n"
    texts = json.loads(run(source, **OFTEN, **settings).splitlines()[-1])
    return [operations(text) for text in texts if "<string>" in text]


class LoopTests(unittest.TestCase):
    def test_loops(self):
        for name, (source, expected) in OPTIMIZED.items():
            with self.subTest(name):
                loops = [x for x in traces(textwrap.dedent(source) + "\nf(500)") if x[-1] == "LOOP"]
                self.assertTrue(any(in_order(expected.split(), loop) for loop in loops), loops)

    def test_recursive_generators_stay_opaque(self):
        found = traces("""
            class Tree:
                def __init__(self, depth):
                    self.below = [Tree(depth - 1), Tree(depth - 1)] if depth else []
                def __iter__(self):
                    for tree in self.below:
                        yield from tree
                    yield self
            def f(tree): return len(frozenset(x for x in tree))
            t = 0
            for i in range(20): t += f(Tree(6))
            """)
        self.assertTrue(found)
        self.assertFalse([x for x in found if x.count("GUARD_GENERATOR") > 1], found)

    def test_one_step_of_a_recursion_is_no_trace(self):
        """It is entered and left in less time than it takes to get there."""
        found = traces("""
            class Tree:
                def __init__(self, k, depth):
                    self.left = Tree(2 * k, depth - 1) if depth and k % 3 else None
                    self.right = Tree(2 * k + 1, depth - 1) if depth else None
                def __iter__(self):
                    if self.left: yield from self.left
                    yield self
                    if self.right: yield from self.right
            def f(tree):
                for x in tree: pass
            tree = Tree(1, 9)
            for i in range(30): f(tree)
            """)
        steps = [x for x in found if "OPAQUE" in x and len(x) < 10 and x[-1] == "LOOP"]
        self.assertTrue(found)
        self.assertEqual(steps, [])

    def test_a_loop_that_yields_is_no_root(self):
        """It would end the traces that go through it."""
        found = traces("""
            def upto(n):
                i = 0
                while i < n:
                    yield i
                    i += 1
            def f(n):
                t = 0
                for k in range(n):
                    for x in upto(4): t += x
                return t
            f(500)
            """)
        self.assertTrue(any("SUSPEND_GEN" in x for x in found), found)


class ResumeTests(unittest.TestCase):
    def test_resumed_by_c(self):
        """The instruction behind a yield is where a trace begins, if C goes on there."""
        found = traces("def f(n): return frozenset(x * 2 for x in range(n))\nf(500)")
        items = [x for x in found if x[-1] == "YIELD_TO_C"]
        self.assertTrue(any(in_order(["GUARD_RESUME", "RANGE_NEXT", "IMUL"], x) for x in items), found)

    def test_no_evaluation_loop(self):
        """Once there is a trace nothing of it leads to tier 1, neither the first item nor the others."""
        program = """
            import sys
            def f(n): return len(set(x + 1 for x in range(n)))
            for i in range(100): f(50)
            before = sys._jit.stats()["exits_taken"]
            for i in range(100): f(50)
            print(sys._jit.stats()["exits_taken"] - before)
        """
        # The last item is a return.
        self.assertLess(int(run(textwrap.dedent(program), **OFTEN)), 250)


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM
    settings = OFTEN


if __name__ == "__main__":
    unittest.main()
