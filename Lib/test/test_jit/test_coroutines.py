"""Coroutines that await each other, generators that are resumed by next() and send(), exceptions that leave either."""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, in_order
from test.test_jit.test_generators import OFTEN, traces
from test.test_jit.test_typed import RUN_AND_COUNT, run

COMMON = """
import contextlib, gc, sys, types, warnings

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def drive(coroutine, reply=None):
    "What the coroutine returns; it is sent REPLY of what it yields."
    value = None
    while True:
        try:
            asked = coroutine.send(value)
        except StopIteration as stop:
            return stop.value
        value = reply(asked) if reply else None

@types.coroutine
def pause(value):
    reply = yield value
    return reply

def places(error):
    "The functions and lines of a traceback, and the errors behind ERROR."
    out = []
    while error is not None:
        tb = error.__traceback__
        out.append(repr(error))
        while tb is not None:
            code = tb.tb_frame.f_code
            out.append((code.co_name, tb.tb_lineno - code.co_firstlineno))
            tb = tb.tb_next
        error = error.__cause__ or error.__context__
    return out
"""

AWAITS = (
    COMMON
    + """
async def add(a, b):
    return a + b

async def add3(a, b, c):
    return await add(await add(a, b), c)

def numbers(n):
    async def f():
        t = 0
        for i in range(n):
            t += await add3(i, i & 15, 1)
            t -= await add(0.5, i)
        return t
    return drive(f())

def kept(n):
    "Some coroutines are seen by others, before they run or behind that."
    out = []
    async def f():
        t = 0
        for i in range(n):
            c = add3(i, 1, 2)
            if i % 40 == 39:
                out.append((c.cr_running, c.cr_frame is None, c.cr_await, c.cr_code.co_name, c.__qualname__))
            t += await c
            if i % 50 == 49:
                out.append((c.cr_running, c.cr_frame, c.cr_await, sys.getrefcount(c)))
            if i % 60 == 59:
                try:
                    await c
                except RuntimeError as error:
                    out.append(str(error))
        return t
    return drive(f()), out

def awaited_already(n):
    out = []
    async def twice(c):
        try:
            return await c
        except RuntimeError as error:
            return str(error)
    async def slow(i):
        return await pause(i) + 1
    for i in range(n):
        c = slow(i)
        first, second = twice(c), twice(c)
        first.send(None)
        try:
            second.send(None)
        except StopIteration as stop:
            out.append(stop.value)
        try:
            first.send(i)
        except StopIteration as stop:
            out.append(stop.value)
    return out[::17]

def never_awaited(n):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async def f():
            t = 0
            for i in range(n):
                c = add(i, 1)
                if i % 50 == 49:
                    c = None
                    t -= 1
                else:
                    t += await c
            return t
        t = drive(f())
    return t, [str(w.message) for w in caught]

def origins(n):
    "Where coroutines are made is tracked from some time on."
    out = []
    async def f():
        t = 0
        for i in range(n):
            if i == n // 2:
                sys.set_coroutine_origin_tracking_depth(2)
            c = add(i, i & 3)
            if i % 20 == 19:
                origin = c.cr_origin
                out.append(origin and [(line - f.__code__.co_firstlineno, name) for _, line, name in origin][:1])
            t += await c
        return t
    try:
        return drive(f()), out
    finally:
        sys.set_coroutine_origin_tracking_depth(0)

def suspended(n):
    "A chain of coroutines gives up control to a Python function, again and again."
    async def leaf(i):
        return i + await pause(i)
    async def middle(i):
        a = await leaf(i)
        return a + await leaf(a & 7)
    async def top():
        t = 0
        for i in range(n):
            t += await middle(i)
        return t
    return drive(top(), lambda asked: asked % 7)

def scheduled(n):
    async def leaf(i):
        return i + await pause(i)
    async def task(k):
        t = k
        try:
            for i in range(n // 4 + k):
                t += await leaf(i)
        except KeyError as error:
            return t, error.args
        finally:
            t += 1000
        return t
    queue, done, turn = [(task(k), None) for k in range(5)], [], 0
    while queue:
        coroutine, value = queue.pop(0)
        turn += 1
        try:
            asked = coroutine.throw(KeyError(turn)) if turn == 150 else coroutine.send(value)
        except StopIteration as stop:
            done.append(stop.value)
        else:
            queue.append((coroutine, asked % 5))
    return done

def fibonacci(n):
    async def f(k):
        if k < 2:
            return k
        return await f(k - 1) + await f(k - 2)
    return [drive(f(i % 9)) for i in range(n // 3)][-9:]

def fails(n):
    "An exception leaves one, two, three coroutines."
    async def deep(i, k):
        if k:
            return await deep(i, k - 1)
        if i % 3 == 0:
            raise LookupError(i)
        return i
    async def f():
        out, t = [], 0
        for i in range(n):
            try:
                t += await deep(i, i % 4)
            except LookupError as error:
                if i % 30 == 0:
                    out.append(places(error))
                t += 1
        return t, out, sys.exception()
    return drive(f())

def cleans_up(n):
    out = []
    async def inner(i):
        x = Noisy(i)
        try:
            if i % 4 == 1:
                raise KeyError(i)
            return await add(i, 1)
        finally:
            out.append(-i)
    async def f():
        t = 0
        for i in range(n):
            try:
                t += await inner(i)
            except KeyError as error:
                out.append(repr(sys.exception()))
        return t
    Noisy.heard.clear()
    return drive(f()), out[::13], Noisy.heard[::11], len(Noisy.heard)

def own_awaitables(n):
    class Later:
        def __init__(self, value): self.value = value
        def __await__(self):
            return self.value
            yield
    class Other:
        def __await__(self): return add(1, 2).__await__()
    async def f():
        t = 0
        for i in range(n):
            t += await Later(i) + await Other()
            try:
                await (i if i % 9 == 8 else pause(1))
            except TypeError as error:
                t += len(str(error))
        return t
    return drive(f())

class Context:
    def __init__(self, log): self.log = log
    async def __aenter__(self):
        self.log += 1
        return self.log
    async def __aexit__(self, *rest):
        self.log += 2
        return rest[0] is KeyError

class Fixed:
    async def __aenter__(self): return await add(1, 1)
    async def __aexit__(self, kind, value, traceback):
        await pause(3)
        return kind is not None

class Plain:
    def __aenter__(self): return add(3, 4)
    def __aexit__(self, kind, value, traceback): return add(False, 0)

def contexts(n):
    async def f():
        t, out = 0, []
        a, b, c = Context(0), Fixed(), Plain()
        for i in range(n):
            async with a as x, b as y, c as z:
                t += x + y * z
                if i % 25 == 24:
                    raise KeyError(i)
            if i % 31 == 30:
                try:
                    async with a, c:
                        raise ValueError(i)
                except ValueError as error:
                    out.append(places(error))
        return t, a.log, out
    return drive(f())

def iterates(n):
    class Numbers:
        def __init__(self, n): self.i, self.n = 0, n
        def __aiter__(self): return self
        async def __anext__(self):
            if self.i >= self.n:
                raise StopAsyncIteration
            self.i += 1
            return await add(self.i, 0)
    async def squares(k):
        for i in range(k):
            if i % 3 == 0:
                await pause(i)
            yield i * i
    async def f():
        t = 0
        for k in range(n // 8):
            async for x in Numbers(k % 9):
                t += x
            async for x in squares(k % 9):
                t -= x
                if x == 36:
                    break
            t += sum([x async for x in squares(4)])
        return t
    return drive(f())

def plain_anext(n):
    "The method is no coroutine: what it raises ends the loop, or is an error of it."
    class Numbers:
        def __init__(self, n, error=StopAsyncIteration): self.i, self.n, self.error = 0, n, error
        def __aiter__(self): return self
        def __anext__(self):
            self.i += 1
            if self.i > self.n:
                raise self.error
            return add(self.i, 0)
    async def f():
        t, out = 0, []
        for k in range(n // 4):
            try:
                async for x in Numbers(k % 5):
                    t += x
                else:
                    t += 100
            except StopAsyncIteration:
                out.append("came out")
            try:
                async for x in Numbers(k % 3, KeyError):
                    t -= x
            except KeyError as error:
                t += error.__traceback__.tb_next is not None
            t += sum([x async for x in Numbers(3)])
        return t, out
    return drive(f())

def deep(n):
    "Recursion limits are where they are without traces."
    depth = 0
    async def endless():
        nonlocal depth
        depth += 1
        await endless()
    out = []
    old = sys.getrecursionlimit()
    for i in range(n // 20):
        sys.setrecursionlimit(90 + i)
        depth = 0
        try:
            endless().send(None)
        except RecursionError as error:
            out.append(depth)
        finally:
            sys.setrecursionlimit(old)
    return out

def watched(n):
    "Somebody looks from within."
    out = []
    async def inner(i):
        if i % 60 == 59:
            f = sys._getframe()
            while f is not None and f.f_code.co_name != "watched":
                out.append((f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno))
                f = f.f_back
            out.append((c.cr_running, c.cr_await is None))
        return i
    async def outer():
        t = 0
        for i in range(n):
            t += await inner(i)
        return t
    c = outer()
    return drive(c), out

def traced(n):
    events = []
    def trace(frame, event, arg):
        if frame.f_code.co_name in ("inner", "outer"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
        return trace
    async def inner(i):
        if i == n - 9: sys.settrace(trace)
        if i == n - 6: sys.settrace(None)
        return i
    async def outer():
        t = 0
        for i in range(n):
            t += await inner(i)
        return t
    return drive(outer()), events

# What tools look at drops all traces: it comes first.
# The first drop all traces: they lower the limit of recursion, or trace.
FUNCTIONS = [deep, watched, traced, numbers, kept, awaited_already, never_awaited, origins, suspended, scheduled, fibonacci,
             fails, cleans_up, own_awaitables, contexts, iterates, plain_anext]

def run():
    return [repr(f(240)) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

RESUMES = (
    COMMON
    + """
def upto(n):
    for i in range(n):
        yield i
    return n

def taken(n):
    "next() until there is nothing more."
    t = 0
    for k in range(n // 4):
        g = upto(k % 7)
        while True:
            try:
                t += next(g)
            except StopIteration as stop:
                t += stop.value
                break
        try:
            next(g)
        except StopIteration as stop:
            t += stop.value is None and len(stop.args) == 0
    return t

def values(n):
    "What StopIteration has."
    out = []
    def returns(value):
        yield 1
        return value
    kinds = [None, 1, (1, 2), (), "a", ValueError("v"), [3], 2.5]
    for i in range(n):
        g = returns(kinds[i % 8])
        next(g)
        try:
            g.send(i)
        except StopIteration as stop:
            out.append((repr(stop.value), repr(stop.args), repr(stop.__context__), places(stop)))
    return out[:8], out[-8:]

def sends(n):
    def average():
        total, count, value = 0.0, 0, None
        while True:
            value = yield value
            if value is None:
                return total
            total += value
            count += 1
            value = total / count
    out = []
    for k in range(n // 20):
        g = average()
        try:
            if k % 5 == 4:
                g.send(k)
        except TypeError as error:
            out.append(str(error))
        g.send(None)
        for i in range(k):
            out.append(g.send(i))
        try:
            out.append(g.send(None))
        except StopIteration as stop:
            out.append(stop.value)
        try:
            out.append(g.send(3))
        except StopIteration as stop:
            out.append(stop.args)
    return out[::5]

def none_at_first(n):
    "What is sent is None for some that begin, and a number later, at one place of the program."
    def echo():
        got = []
        for i in range(6):
            got.append((yield len(got)))
        return got
    out, queue = [], []
    for i in range(n // 8):
        queue.append((echo(), None))
        queue.append((echo(), None if i % 9 else i))
    while queue:
        g, value = queue.pop(0)
        try:
            got = g.send(value)
        except StopIteration as stop:
            out.append(stop.value)
        except TypeError as error:
            out.append(str(error))
        else:
            queue.append((g, got * 0.5))
    return out[::7]

def raises(n):
    def source(i):
        yield i
        if i % 3 == 0:
            raise LookupError(i)
        yield -i
    out, t = [], 0
    for i in range(n):
        g = source(i)
        try:
            t += next(g)
            t += next(g)
            t += g.send(2)
        except LookupError as error:
            if i % 30 == 0:
                out.append(places(error))
        except StopIteration as error:
            if i % 30 == 1:
                out.append(places(error))
    return t, out

def leaves_loops(n):
    "Exceptions leave a generator that a loop, or `yield from`, goes through."
    def source(i):
        yield i
        if i % 4 == 0:
            raise KeyError(i)
        yield i + 1
    def through(i):
        got = yield from source(i)
        return got
    out, t = [], 0
    for i in range(n):
        try:
            for x in (source(i) if i & 1 else through(i)):
                t += x
        except KeyError as error:
            if i % 40 == 0:
                out.append(places(error))
            t += 1
    return t, out

def stop_iteration(n):
    "StopIteration may not leave a generator."
    def bad(i):
        yield i
        if i % 5 == 4:
            raise StopIteration(i)
        next(iter(()))
    out = []
    for i in range(n):
        try:
            for x in bad(i):
                pass
        except RuntimeError as error:
            if i % 20 < 2:
                out.append(places(error))
        g = bad(i)
        next(g)
        try:
            next(g)
        except RuntimeError as error:
            if i % 20 < 2:
                out.append(places(error))
    return out

def handled(n):
    "What is being handled, in the generator and outside."
    def source():
        for i in range(n):
            try:
                if i % 5 == 0:
                    raise KeyError(i)
                yield repr(sys.exception())
            except KeyError:
                yield repr(sys.exception())
    g = source()
    out = []
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError:
            out.append((next(g), repr(sys.exception())))
    return out[::7], repr(sys.exception())

def again(n):
    out = []
    def source():
        for i in range(n):
            if i % 40 == 39:
                try:
                    next(g) if i & 1 else g.send(1)
                except ValueError as error:
                    out.append(str(error))
            yield i
    g = source()
    t = 0
    for i in range(n):
        t += next(g)
    return t, out

def itself(n):
    "A generator that is resumed within one of its kind."
    def level(k):
        if k == 0:
            yield 1
            return
        g = level(k - 1)
        while True:
            try:
                yield next(g) + k
            except StopIteration:
                return
    t = 0
    for i in range(n // 6):
        g = level(i % 5)
        t += g.send(None)
        t += next(g, 7)
    return t

def frames(n):
    out = []
    def source():
        for i in range(n):
            if i % 50 == 49:
                f = sys._getframe()
                out.append((f.f_lineno - f.f_code.co_firstlineno, f.f_back.f_code.co_name,
                            f.f_back.f_lineno - f.f_back.f_code.co_firstlineno, g.gi_running, g.gi_frame is f))
            yield i
    g = source()
    t = 0
    for i in range(n - 1):
        t += next(g) if i % 3 else g.send(None)
    return t, out

def references(n):
    out = []
    def source():
        got = None
        for i in range(n):
            out.append((sys.getrefcount(g), sys.getrefcount(got)))
            got = yield i
    g = source()
    next(g)
    value = object()
    for i in range(n - 1):
        g.send(value)
    return sorted(set(out[1:])), len(out), sys.getrefcount(g)

def finalizers(n):
    Noisy.heard.clear()
    def source():
        got = yield
        while True:
            kept = Noisy(f"kept {got.name}")
            got = yield got.name
    g = source()
    next(g)
    t = 0
    for i in range(n):
        t += g.send(Noisy(i))
        if i % 3 == 0:
            Noisy.heard.append("between")
    del g
    return t, Noisy.heard[:12], Noisy.heard[-12:], len(Noisy.heard)

@contextlib.contextmanager
def managed(log, i):
    log.append(i)
    try:
        yield i
    except KeyError as error:
        log.append(repr(error))
    log.append(-i)

def contexts(n):
    log, t = [], 0
    for i in range(n):
        with managed(log, i) as x:
            t += x
            if i % 17 == 16:
                raise KeyError(i)
    try:
        with managed(log, 1):
            raise ValueError
    except ValueError as error:
        log.append(repr(error))
    return t, len(log), log[::19]

def closed(n):
    out = []
    def source(i):
        try:
            yield i
            yield i + 1
        except GeneratorExit:
            out.append(("closed", i))
            if i % 10 == 9:
                raise
        finally:
            out.append(i)
    for i in range(n // 3):
        g = source(i)
        t = next(g)
        if i % 4:
            t += next(g)
        if i % 3 == 0:
            g.close()
        elif i % 3 == 1:
            try:
                g.throw(KeyError(i))
            except KeyError as error:
                out.append(repr(error))
        del g
        out.append(t)
    return out[::3]

def deep(n):
    depth = 0
    def endless():
        nonlocal depth
        depth += 1
        yield next(endless()) + 1
    def sent():
        nonlocal depth
        depth += 1
        yield sent().send(None)
    out = []
    old = sys.getrecursionlimit()
    for i in range(n // 12):
        for f in endless, sent:
            sys.setrecursionlimit(90 + i)
            depth = 0
            try:
                next(f())
            except RecursionError:
                out.append(depth)
            finally:
                sys.setrecursionlimit(old)
    return out

def traced(n):
    events = []
    def trace(frame, event, arg):
        if frame.f_code.co_name in ("source", "takes"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
        return trace
    def source():
        for i in range(n):
            if i == n - 20: sys.settrace(trace)
            if i == n - 16: sys.settrace(None)
            yield i
    def takes():
        t = 0
        g = source()
        while True:
            try:
                t += next(g)
            except StopIteration:
                return t
    return takes(), events

def monitored(n):
    events, m = [], sys.monitoring
    def source():
        for i in range(n):
            if i == n - 3:
                m.set_events(3, m.events.PY_YIELD | m.events.PY_RESUME | m.events.RAISE | m.events.PY_RETURN
                             | m.events.PY_UNWIND | m.events.EXCEPTION_HANDLED)
            yield i
    def takes():
        t = 0
        g = source()
        while True:
            try:
                t += next(g)
            except StopIteration:
                return t
    m.use_tool_id(3, "test")
    try:
        for name in "PY_YIELD", "PY_RESUME", "RAISE", "PY_RETURN", "PY_UNWIND", "EXCEPTION_HANDLED":
            def seen(code, offset, *rest, name=name):
                if code.co_name in ("source", "takes"):
                    events.append((name, code.co_name, [repr(x) for x in rest]))
            m.register_callback(3, getattr(m.events, name), seen)
        t = takes()
    finally:
        m.set_events(3, 0)
        m.free_tool_id(3)
    return t, events

# The first drop all traces: they lower the limit of recursion, or trace.
FUNCTIONS = [deep, traced, monitored, taken, values, sends, none_at_first, raises, leaves_loops, stop_iteration, handled,
             again, itself, frames, references, finalizers, contexts, closed]

def run():
    return [repr(f(240)) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

COROUTINES = """
import types
async def add(a, b):
    return a + b
def drive(c):
    try:
        while True: c.send(None)
    except StopIteration as stop:
        return stop.value
"""

# The source of f, operations that some loop has in this order, and operations that it has not.
OPTIMIZED = {
    "a coroutine that is awaited at once": (
        """
        async def g(n):
            t = 0
            for i in range(n):
                t += await add(i, 3)
            return t
        def f(n): drive(g(n))
        """,
        "PHI RANGE_NEXT IADD IADD LOOP",
        "OPAQUE NEW_GENERATOR",
    ),
    "coroutines that await others": (
        """
        async def twice(x):
            return await add(x, 1) + await add(x, 0.5)
        async def g(n):
            t = 0.5
            for i in range(n):
                t += await twice(i)
            return t
        def f(n): drive(g(n))
        """,
        "PHI RANGE_NEXT IADD FADD FADD LOOP",
        "OPAQUE NEW_GENERATOR",
    ),
    "async with": (
        """
        class C:
            async def __aenter__(self): return 1
            async def __aexit__(self, *rest): return None
        async def g(n):
            t, c = 0, C()
            for i in range(n):
                async with c as x:
                    t += x + i
            return t
        def f(n): drive(g(n))
        """,
        "PHI RANGE_NEXT IADD IADD LOOP",
        "OPAQUE NEW_GENERATOR",
    ),
    "next()": (
        """
        def upto(n):
            i = 0
            while i < n:
                yield i
                i += 1
        def f(n):
            t, g = 0, upto(n)
            while t >= 0:
                try:
                    t += next(g)
                except StopIteration:
                    return t
        """,
        "PHI GUARD_CONSUMED GUARD_GENERATOR IADD SUSPEND_GEN IADD LOOP",
        "OPAQUE",
    ),
    "send()": (
        """
        def echo():
            x = 0
            while True:
                x = yield x
        def f(n):
            t, g = 0, echo()
            g.send(None)
            for i in range(n):
                t += g.send(i)
        """,
        "PHI RANGE_NEXT GUARD_CONSUMED GUARD_BEGUN GUARD_GENERATOR SUSPEND_GEN IADD LOOP",
        "OPAQUE",
    ),
}


class LoopTests(unittest.TestCase):
    def test_loops(self):
        for name, (source, present, absent) in OPTIMIZED.items():
            with self.subTest(name):
                found = traces(COROUTINES + textwrap.dedent(source) + "\nf(500)")
                loops = [x for x in found if x[-1] == "LOOP"]
                good = [x for x in loops if in_order(present.split(), x) and not set(absent.split()) & set(x)]
                self.assertTrue(good, loops)


class ExceptionTests(unittest.TestCase):
    def test_a_loop_goes_on_behind_an_exception_that_left_a_generator(self):
        program = """
            import json, sys
            def source(i):
                yield i
                raise KeyError
            def f(n):
                t = 0
                for i in range(n):
                    try:
                        for x in source(i): t += x
                    except KeyError:
                        t += 1
                return t
            f(500)
            before = sys._jit.stats()["exits_taken"]
            f(500)
            print(sys._jit.stats()["exits_taken"] - before)
            """
        self.assertLess(int(run(textwrap.dedent(program), **OFTEN)), 20)


class AwaitExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = AWAITS
    settings = OFTEN


class ResumeExitTests(ForcedExits, unittest.TestCase):
    program = RESUMES
    settings = OFTEN


if __name__ == "__main__":
    unittest.main()
