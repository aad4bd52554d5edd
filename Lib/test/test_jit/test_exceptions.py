"""Exceptions: a trace goes on in the handler, whether it was in the frame that raised or in one that called it.

What is compared with JIT off are results, tracebacks with all their lines, contexts and causes, what `sys.exc_info()` says, the order in
which objects end, and the events tools get.
"""

import json
import sys
import textwrap
import unittest

from test.support.script_helper import assert_python_ok
from test.test_jit.exits import ForcedExits
from test.test_jit.test_objects import names
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

COMMON = """
import contextlib, gc, sys, traceback, weakref

def places(error):
    out, tb = [], error.__traceback__
    while tb is not None:
        out.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno, tb.tb_lasti))
        tb = tb.tb_next
    return out

def story(error):
    if error is None:
        return None
    return (type(error).__name__, str(error), places(error), story(error.__context__), story(error.__cause__),
            error.__suppress_context__)

class Noisy:
    log = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.log.append((self.name, type(sys.exception()).__name__))

def logged():
    out, Noisy.log = Noisy.log, []
    return out
"""


def program(functions, tested, n=150):
    return f"""{COMMON}{functions}
def run():
    out = []
    for f in ({tested},):
        logged()
        out.append(repr(f({n})))
        out.append(repr((logged(), sys.exc_info())))
    return out
{RUN_AND_COUNT}"""


HANDLERS = program(
    """
def missing(n):
    d, c, out = {1: 2}, 0, []
    for i in range(n):
        try:
            c += d[i % 3]
        except KeyError as error:
            c += 1
            out.append(story(error))
    return c, out

def always(n):
    d, c = {}, 0.5
    for i in range(n):
        try:
            d[i]
        except KeyError:
            c += i
    return c

def kinds(n):
    out = []
    for i in range(n):
        try:
            if i % 4 == 0: int("x")
            elif i % 4 == 1: [].pop()
            elif i % 4 == 2: i / 0
            else: None.x
        except ValueError:
            out.append("value")
        except (IndexError, AttributeError) as error:
            out.append(str(error))
        except ArithmeticError:
            out.append(type(sys.exception()).__name__)
        else:
            out.append("none")
    return out

def last_else(n):
    out = []
    for i in range(n):
        try:
            if i % 3 == 0: raise LookupError(i)
        except LookupError as error:
            out.append(error.args)
        else:
            out.append("else")
        finally:
            out.append("finally")
    return out

def finals(n):
    def f(i):
        try:
            if i & 1: raise ValueError(i)
            return "returned"
        finally:
            if i % 3 == 0: out.append(i)
    out = []
    for i in range(n):
        try:
            out.append(f(i))
        except ValueError as error:
            out.append(story(error))
    return out

def nested(n):
    out = []
    for i in range(n):
        try:
            try:
                raise KeyError(i)
            except LookupError:
                try:
                    raise ValueError(i)
                except TypeError:
                    out.append("never")
        except ValueError as error:
            out.append(story(error))
    return out[-3:]

def reraised(n):
    out = []
    for i in range(n):
        try:
            try:
                if i & 1: raise KeyError(i)
                [][i]
            except KeyError:
                raise
            except IndexError as error:
                raise error
        except LookupError as error:
            out.append(story(error))
    return out

def causes(n):
    out = []
    for i in range(n):
        try:
            try:
                raise KeyError(i)
            except KeyError as error:
                if i % 3 == 0: raise ValueError from error
                if i % 3 == 1: raise ValueError from None
                raise ValueError from OSError
        except ValueError as error:
            out.append(story(error))
    return out

def wrong(n):
    out = []
    class Odd(Exception):
        def __new__(cls): return 7
    things = [1, "x", int, None, Odd]
    for i in range(n):
        try:
            raise things[i % 5]
        except TypeError as error:
            out.append(story(error))
        try:
            raise
        except RuntimeError as error:
            out.append(str(error))
        try:
            raise ValueError from things[i % 2]
        except TypeError as error:
            out.append(str(error))
    return out[-20:]

def wrong_match(n):
    out = []
    for i in range(n):
        try:
            try:
                [][0]
            except i:
                pass
        except TypeError as error:
            out.append(story(error))
    return out[-3:]

def infos(n):
    out = []
    for i in range(n):
        try:
            raise KeyError(i)
        except KeyError:
            a = sys.exc_info()[1]
            try:
                raise ValueError(i)
            except ValueError:
                b = sys.exception()
            c = sys.exception()
        out.append((repr(a), repr(b), a is c, sys.exc_info()))
    return out

def whiles(n):
    i, t, d = 0, 0, {}
    while True:
        try:
            t += d[i]
        except KeyError:
            d[i] = i
            i += 1
            if i == n: break
            continue
        t += 1
        if i % 7 == 0: i += 1
    return t, i

def groups(n):
    out = []
    for i in range(n):
        try:
            if i & 1: raise ExceptionGroup("g", [ValueError(i), KeyError(i)])
            raise KeyError(i)
        except* KeyError as group:
            out.append(repr(group.exceptions))
        except* ValueError as group:
            out.append(repr(group.exceptions))
    return out
""",
    "missing, always, kinds, last_else, finals, nested, reraised, causes, wrong, wrong_match, infos, whiles, groups",
)

CALLEES = program(
    """
def one(x, k):
    if x % k == 0:
        raise ValueError(x)
    return x

def two(x, k):
    y = Noisy(x)
    return one(x, k) + 1

def through(x, k):
    try:
        return two(x, k)
    finally:
        Noisy.log.append(x)

def caught_above(n):
    out = []
    for i in range(n):
        try:
            out.append(one(i, 1))
        except ValueError as error:
            out.append(story(error))
    return out

def two_deep(n):
    out = []
    for i in range(n):
        try:
            out.append(two(i, 3))
        except ValueError as error:
            out.append(story(error))
    return out

def with_finally(n):
    out = []
    for i in range(n):
        try:
            out.append(through(i, 2))
        except ValueError as error:
            out.append(story(error))
    return out

def recursive(k):
    if k == 0: raise KeyError(k)
    try:
        return recursive(k - 1)
    except ValueError:
        return 1

def through_recursion(n):
    out = []
    for i in range(n):
        try:
            recursive(i % 5)
        except KeyError as error:
            out.append(story(error))
    return out

def deeper(k, j):
    try:
        if k == j: raise KeyError(k)
        return deeper(k - 1, j) + 1
    except KeyError:
        if k & 1: raise
        return k

def out_of_some(n):
    out = []
    for i in range(n):
        try:
            out.append(deeper(i % 6, 1))
        except (KeyError, RecursionError) as error:
            out.append(len(places(error)))
    return out

class Point:
    def __init__(self, x):
        if x % 3 == 0: raise ValueError(x)
        self.x = x
    def __add__(self, other):
        if other % 4 == 1: raise TypeError(other)
        return self.x + other
    def __getitem__(self, i):
        if i % 3 == 0: raise IndexError(i)
        return i
    @property
    def half(self):
        if self.x & 1: raise AttributeError(self.x)
        return self.x // 2
    def __getattr__(self, name):
        return name

def methods(n):
    out = []
    for i in range(n):
        try:
            p = Point(i)
            out.append(p + i)
            out.append(p[i])
            out.append(p.half)
        except (ValueError, TypeError, IndexError) as error:
            out.append(story(error))
    return out

def called_from_many(n):
    def a(i):
        try: return one(i, 2)
        except ValueError: return "a"
    def b(i):
        try: return one(i, 2) + 1
        except ValueError as e: return "b", places(e)
    out = []
    for i in range(n):
        out.append(a(i) if i % 5 else b(i))
        out.append(b(i))
    return out

def in_c(n):
    out = []
    def key(x):
        if x == 3: raise KeyError(x)
        return -x
    for i in range(n):
        try:
            out.append(sorted(range(i % 5), key=key))
        except KeyError as error:
            out.append(story(error))
    return out

def kept(n):
    # The frame of the callee outlives it.
    errors = []
    def f(i):
        local = [i]
        raise ValueError(i)
    for i in range(n):
        try: f(i)
        except ValueError as error: errors.append(error)
    return [e.__traceback__.tb_next.tb_frame.f_locals["local"] for e in errors], len({e.__traceback__.tb_frame for e in errors})
""",
    "caught_above, two_deep, with_finally, through_recursion, out_of_some, methods, called_from_many, in_c, kept",
    120,
)

OTHERS = program(
    """
class Manager:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.seen = story(value)
        return self.swallow

def withs(n):
    out = []
    for i in range(n):
        try:
            with Manager(i & 1) as m:
                if i % 3: raise ValueError(i)
        except ValueError as error:
            out.append(places(error))
        out.append(m.__dict__.get("seen"))
    return out

def suppressed(n):
    d, c = {}, 0
    for i in range(n):
        with contextlib.suppress(KeyError):
            d[i]
            c += 100
        c += 1
    return c

@contextlib.contextmanager
def managed(out):
    try:
        yield 1
    except KeyError as error:
        out.append(story(error))

def managers(n):
    out = []
    for i in range(n // 3):
        with managed(out) as x:
            if i & 1: {}[i]
            out.append(x)
    return [x[:2] if isinstance(x, tuple) else x for x in out]

def numbers(k, stop):
    for i in range(k):
        if i == stop: raise ValueError(i)
        yield i

def generators(n):
    out = []
    for i in range(n):
        try:
            for x in numbers(5, i % 7): out.append(x)
            out.append(next(numbers(0, 1)))
        except ValueError as error:
            out.append(story(error))
        except StopIteration:
            out.append("stop")
    return out

def inside(k):
    for i in range(k):
        try:
            if i % 3 == 0: raise KeyError(i)
            yield i
        except KeyError:
            yield sys.exception() is not None
        finally:
            Noisy.log.append(i)

def in_generators(n):
    return list(inside(n)), sum(inside(n))

def thrown(n):
    def g():
        while True:
            try:
                yield 1
            except ValueError as error:
                yield story(error)[:2]
    it, out = g(), []
    for i in range(n):
        next(it)
        out.append(it.throw(ValueError(i)))
    return out

def stops(n):
    it, out = iter(()), 0
    for i in range(n):
        try:
            next(it)
        except StopIteration:
            out += 1
    return out

def ends(n):
    # What ends when a stack, a frame or a traceback is given up.
    out = []
    def f(i):
        local = Noisy(("local", i))
        return [Noisy(("stack", i)), {}[i]]
    for i in range(n):
        try:
            f(i)
        except KeyError as error:
            out.append(logged())
            error.mine = Noisy(("error", i))
        out.append(logged())
    return out

def odd_ends(n):
    # Something raises, and is handled, on the way to a handler.
    class Raising:
        def __del__(self):
            try: raise OSError
            except OSError: Noisy.log.append(type(sys.exception().__context__).__name__)
    out = []
    for i in range(n):
        try:
            [Raising(), {}[i]]
        except KeyError as error:
            out.append(story(error))
        out.append(logged())
    return out[-6:]

def frames(n):
    # A frame object that somebody has stays, with what was done to it.
    out, mine = [], []
    for i in range(n):
        try:
            raise KeyError(i)
        except KeyError as error:
            if i % 50 == 49: mine.append(error.__traceback__.tb_frame)
        if i % 60 == 59:
            frame = sys._getframe()
            out.append((frame in mine, frame.f_lineno, frame.f_locals["i"]))
            frame.f_trace_lines = False
            frame = None
    out.append(sys._getframe().f_trace_lines)
    return out

def written(n):
    # Through the traceback's frame somebody writes locals.
    def change(error):
        error.__traceback__.tb_frame.f_locals["t"] = 1000
    t = 0
    for i in range(n):
        try:
            t += 1
            [][i]
        except IndexError as error:
            t += 2
            if i % 40 == 39: change(error)
            t += 3
    return t

def deleted(n):
    out = []
    for i in range(n):
        try:
            if i % 3 == 0: del x
            x = i
            if i % 3 == 1: del x
            out.append(x)
        except UnboundLocalError as error:
            out.append(str(error))
    return out
""",
    "withs, suppressed, managers, generators, in_generators, thrown, stops, ends, odd_ends, frames, written, deleted",
)

LIMITS = (
    COMMON
    + """
def down(k):
    try:
        return down(k + 1)
    except RecursionError:
        return k

def endless(k):
    return endless(k + 1)

def run():
    out = []
    sys.setrecursionlimit(150)
    depths = set()
    for i in range(60):
        depths.add(down(0))
        try:
            endless(0)
        except RecursionError as error:
            depths.add(len(places(error)))
    sys.setrecursionlimit(1000)
    out.append(repr(len(depths)))
    return out
"""
    + RUN_AND_COUNT
)

NO_MEMORY = """
import _testcapi, sys
mine = sys._getframe()       # an exception is lost where there is no memory for the frame object of a caller
def callee(i):
    if i & 1: raise ValueError(i)
    return i
def f(n):
    t, d = 0, {}
    for i in range(n):
        try:
            t += callee(i)
            d[i]
        except KeyError:
            t += 1
        except ValueError:
            t += 2
    return t
want = f(400)
for start in range(0, 80):
    got = None
    try:
        _testcapi.set_nomemory(start, start + 5)
        try:
            got = f(400)
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        pass
    assert got in (None, want), (start, got, want)
    assert f(400) == want
print("fine")
"""

# GET_ITER raises, which is lowered with the call of range before it.
NO_MEMORY_FOR_AN_ITERATOR = """
import _testcapi, sys
def f(n):
    for i in range(n): pass
f(3)
for start in range(1, 60):
    _testcapi.set_nomemory(start, start + 1)
    try:
        f(12)
    except MemoryError:
        pass
    finally:
        _testcapi.remove_mem_hooks()
print(sys._jit.stats()["aborts"]["a rule of the builder is wrong"])
"""

INTERRUPTS = """
import signal, sys
count = 0
def handler(*_):
    global count
    count += 1
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
def f():
    t, d = 0, {}
    while True:
        try:
            d[t]
        except KeyError:
            t += 1
for i in range(8):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        f()
    except KeyboardInterrupt as error:
        assert error.__traceback__.tb_next.tb_frame.f_code.co_name == "f"
print(count)
"""

TOOLS = (
    COMMON
    + """
E, M = sys.monitoring.events, sys.monitoring
def callee(i):
    if i % 2: raise ValueError(i)
    return i
def f(n, switch=None):
    t, d = 0, {}
    for i in range(n):
        if i == n - 6 and switch: switch()
        try:
            callee(i)
            d[i]
        except KeyError:
            t += 1
        except ValueError:
            try:
                raise
            except ValueError:
                t += 2
    return t
out = []
def monitor():
    M.use_tool_id(2, "x")
    for name in "RAISE RERAISE EXCEPTION_HANDLED PY_UNWIND LINE".split():
        M.register_callback(2, getattr(E, name), lambda code, *rest, name=name: out.append(
            (name, code.co_name, [repr(x) for x in rest if not callable(x)])) if code.co_name in ("f", "callee") else None)
    M.set_events(2, E.RAISE | E.RERAISE | E.EXCEPTION_HANDLED | E.PY_UNWIND)
def trace():
    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("f", "callee"):
            out.append((event, frame.f_lineno, repr(arg[:2] if isinstance(arg, tuple) else arg)))
        return tracer
    sys.settrace(tracer)
    sys._getframe(1).f_trace = tracer
class Switch:
    def __del__(self): monitor()
def g(n):
    t = 0
    for i in range(n):
        try:
            # Tools begin to listen on the way to the handler.
            [Switch() if i == n - 3 else None, {}[i]]
        except KeyError:
            t += 1
    return t
for turn in range(3):
    out.append(f(200))
out.append(f(300, monitor))
M.set_events(2, 0)
M.free_tool_id(2)
out.append(f(300))
out.append(f(300, trace))
sys.settrace(None)
out.append(f(300))
g.__code__ = g.__code__.replace(co_name="f")
out.append(g(200))
print(*out, sep="\\n")
"""
)


class HandlerTests(ForcedExits, unittest.TestCase):
    program = HANDLERS
    passes = ("peel", "raise")


class CalleeTests(ForcedExits, unittest.TestCase):
    program = CALLEES
    passes = ("peel", "raise")


class OtherTests(ForcedExits, unittest.TestCase):
    program = OTHERS
    passes = ("peel", "raise")


class LimitTests(unittest.TestCase):
    def same(self, program, **settings):
        expected = run(program, PYTHON_JIT="0")
        for backend in ("native", "interpreter"):
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend, **settings), expected)

    def test_recursion(self):
        self.same(LIMITS)

    def test_tools(self):
        self.same(TOOLS)
        self.same(TOOLS, PYTHON_JIT_STRESS="1")

    def test_untyped(self):
        for program in (HANDLERS, CALLEES, OTHERS):
            self.same(program, PYTHON_JIT_TYPED="0")

    def test_no_memory(self):
        for backend in ("native", "interpreter"):
            with self.subTest(backend):
                # Exceptions that are not made need no memory, nor frame objects, which the interpreter then misses later.
                settings = {"PYTHON_JIT_BACKEND": backend, "PYTHON_JIT_PASSES_OFF": "raise"}
                self.assertEqual(run(NO_MEMORY, **settings).strip(), "fine")

    def test_no_memory_for_an_iterator(self):
        self.assertEqual(run(NO_MEMORY_FOR_AN_ITERATOR, PYTHON_JIT_STRESS="1").strip(), "0")

    def test_interrupts(self):
        for backend in ("native", "interpreter"):
            with self.subTest(backend):
                self.assertEqual(run(INTERRUPTS, PYTHON_JIT_BACKEND=backend).strip(), "8")


class TraceTests(unittest.TestCase):
    """What traces hold, where exceptions are made (test_unmade.py has the others)."""

    def traces(self, source, iterations=2000, **settings):
        program = textwrap.dedent(source) + (
            f"\nimport sys, json\nf({iterations})\nprint(json.dumps(sys._jit._ir_traces()))\n"
        )
        return [names(text) for text in json.loads(run(program, **settings)) if " f\n" in text]

    def test_a_loop_goes_through_its_handler(self):
        for statement, error in [
            ("d[i]", "KeyError"),
            ("raise KeyError", "KeyError"),
            ("int('x')", "ValueError"),
            ("d.x", "AttributeError"),
            ("g(i)", "ValueError"),
            ("h(i)", "ValueError"),
        ]:
            source = f"""
            def g(x):
                if x >= 0: raise ValueError
                return x
            def h(x): return g(x) + 1
            def f(n):
                t, d = 0, {{}}
                for i in range(n):
                    try:
                        {statement}
                    except {error}:
                        t += 1
                assert t == n
            """
            with self.subTest(statement):
                found = self.traces(source, PYTHON_JIT_PASSES_OFF="raise")
                self.assertTrue(any("CATCH" in x and "LOOP" in x for x in found), found)

    def test_a_side_trace_begins_in_the_handler(self):
        source = """
        def f(n):
            t, out = 0, [[], [1]]
            for i in range(n):
                try:
                    t += out[(i & 3) > 0].index(1)
                except ValueError:
                    t += 1
        """
        found = self.traces(source, 8000)
        self.assertTrue(any("ON_ERROR" in x and "LOOP" in x for x in found), found)
        self.assertTrue(any("ON_ERROR" not in x for x in found), found)

    def test_what_is_not_handled_here_ends_the_trace(self):
        source = """
        def g(n):
            for i in range(n):
                if i > 5: raise ValueError
        def f(n):
            for i in range(n):
                try:
                    list(map(g, [9]))
                except ValueError:
                    pass
        """
        found = self.traces(source)
        self.assertTrue(any("CATCH" in x for x in found), found)

    def test_no_exits_without_handlers(self):
        source = """
        def f(n):
            t = []
            for i in range(n):
                t.index(len(t)) if t else 0
        """
        for trace in self.traces(source):
            self.assertNotIn("ON_ERROR", trace)
            self.assertNotIn("CATCH", trace)

    def test_locals_are_known_again_behind_the_handler(self):
        # The traceback's frame object is dropped when nobody has it.
        source = """
        def f(n):
            t, d, x = 0, {}, 0.5
            for i in range(n):
                try:
                    d[i]
                except KeyError:
                    pass
                x += len(globals()) * 0
                x += 0.5
            return x
        """
        found = self.traces(source, PYTHON_JIT_PASSES_OFF="raise")
        self.assertTrue(any("CATCH" in x and "GUARD_UNSEEN" in x and "LOOP" in x for x in found), found)
        program = textwrap.dedent(source) + (
            "\nimport sys\nf(3000)\nbefore = sys._jit.stats()['exits_taken']\nf(3000)\n"
            "print(sys._jit.stats()['exits_taken'] - before)\n"
        )
        self.assertLess(int(run(program, PYTHON_JIT_PASSES_OFF="raise")), 600)


class TierOneTests(unittest.TestCase):
    def test_a_traceback_is_printed_alike(self):
        source = """
def g(x):
    if x == 700:
        raise ValueError(x)
    try:
        {}[x]
    except KeyError:
        return x
def f(n):
    for i in range(n):
        g(i)
try:
    f(1000)
except ValueError:
    import traceback
    print(traceback.format_exc())
"""
        expected = assert_python_ok("-c", source, PYTHON_JIT="0", __isolated=False)[1].decode()
        self.assertIn("line 11, in f", expected)
        self.assertEqual(run(source), expected)
        self.assertEqual(run(source, PYTHON_JIT_BACKEND="interpreter"), expected)


if __name__ == "__main__":
    unittest.main()
