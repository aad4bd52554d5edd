"""Exceptions that are raised and caught in a trace, and that nobody looks at, are not made.

What is compared with JIT off are results, references, the order in which objects end, and all that
can be seen of an exception where a handler does look at it, for instance because the trace has been
left in the middle of it.
"""

import json
import sys
import textwrap
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_exceptions import program
from test.test_jit.test_objects import names
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

RAISED = program(
    """
class Bare(Exception): pass
class Derived(Bare, KeyError): __slots__ = "a", "b"
class Loud(Exception):
    def __del__(self): Noisy.log.append("loud")
class Own(Exception):
    def __init__(self, code): self.code = code
class Other(Exception):
    def __new__(cls, *args): Noisy.log.append(args); return super().__new__(cls, *args)
class Place:
    def __init__(self): self.count = 0; self.real = 0.5; self.items = []; self.last = None

def same(n):
    t = u = 0
    for i in range(n):
        try:
            if i & 1: raise ValueError(i)
            t += 1
        except ValueError as e:
            u += 2
    return t, u

def bound(n):
    t = 0
    for i in range(n):
        try:
            raise ValueError(i, "text", 0.5)
        except ValueError as e:
            t += i
        try:
            e
        except NameError as error:
            t += len(story(error))
    return t

def kinds(n):
    t = 0
    for i in range(n):
        try:
            if i % 5 == 0: raise Bare
            if i % 5 == 1: raise Derived(i, i)
            if i % 5 == 2: raise Loud()
            if i % 5 == 3: raise Own(i)
            raise Other(i)
        except KeyError: t += 1
        except (LookupError, Bare): t += 10
        except (Own, Loud, Other) as e: t += 100
    return t

def looked_at(n):
    out = []
    for i in range(n):
        try:
            if i % 7 == 0: raise KeyError(i)
            raise Bare(i)
        except Bare as e:
            if i % 11 == 0: out.append(story(e))
            if i % 13 == 0: out.append(story(sys.exception()))
        except KeyError:
            if i % 21 == 0: out.append(story(sys.exc_info()[1]))
    return out

def overflows(n):
    t = 2 ** 62
    for i in range(n):
        try:
            raise Bare(i)
        except Bare as e:
            t = t * 2 if i % 50 == 49 else t + 1
            if t > 2 ** 65: t = story(e)[0] == "Bare"
    return t

def changing(n):
    t = 0
    for i in range(n):
        try:
            raise Bare(i)
        except Bare:
            t += 1 if i < 50 else 0.5 if i < 100 else Derived is Bare
    return t

def branches(n):
    t = u = 0
    for i in range(n):
        try:
            raise Bare
        except Bare:
            if i % 3 == 0: t += 1
            elif i % 3 == 1: u += 2
            else: continue
        t += 100
    return t, u

def writes(n):
    p, out, d = Place(), [], {}
    for i in range(n):
        try:
            raise KeyError(i)
        except KeyError: p.count += 1
        try:
            raise KeyError(i)
        except KeyError: p.real = p.real + i
        try:
            raise Bare
        except Bare: p.last = out
        try:
            raise Bare
        except Bare: out.append(p)
        try:
            raise Bare
        except Bare: d["k"] = i
        try:
            raise Bare
        except Bare: out[0] = None
        try:
            raise Bare
        except Bare: p.items.append(i)
    return p.count, p.real, len(out), d, p.items, out[0]

def kept(n):
    out = []
    for i in range(n):
        try:
            raise Bare(i)
        except Bare as e:
            error = e
        out.append(error.args)
    return out

def nested(n):
    t = 0
    for i in range(n):
        try:
            try:
                raise KeyError(i)
            except KeyError as e:
                t += 1
                raise Bare(i) from e
        except Bare:
            t += 10
        try:
            try:
                raise Bare
            except Bare:
                raise ValueError from None
        except ValueError:
            t += 100
    return t

def reraised(n):
    t, out = 0, []
    for i in range(n):
        try:
            try:
                raise KeyError(i)
            except KeyError:
                t += 1
                raise
        except LookupError:
            t += 10
        try:
            try:
                raise KeyError(i)
            except LookupError as e:
                raise e
        except KeyError as e:
            if i % 10 == 0: out.append(story(e))
        try:
            try:
                raise KeyError(i)
            except ValueError:
                t += 1000
        except KeyError:
            t += 100
    return t, out

def finals(n):
    t = 0
    for i in range(n):
        try:
            try:
                if i & 1: raise KeyError
                t += 1
            finally:
                t += 10
        except KeyError:
            t += 100
    return t

def wrong_cause(n):
    t = 0
    for i in range(n):
        try:
            raise Bare from i
        except TypeError as e:
            t += len(story(e))
        try:
            raise Bare from KeyError
        except Bare as e:
            t += e.__cause__.__class__ is KeyError
    return t

def inside_real(n):
    out = []
    for i in range(n):
        try:
            [][n]
        except IndexError as real:
            for k in range(3):
                try:
                    raise Bare(k)
                except Bare:
                    if i % 20 == 0 and k == 1: out.append(story(sys.exception()))
            out.append(story(sys.exception()) == story(real))
    return out

def ending(n):
    for i in range(n):
        try:
            raise Bare(Noisy(i), [i], (i, i))
        except Bare:
            Noisy.log.append("handler")
        Noisy.log.append("behind")

def stacked(n):
    t = 0
    for i in range(n):
        for k in (1, 2):
            try:
                t += (i, k, [i])[1] + (k if k == 1 else d_of(i))
            except Bare:
                t += 1000
    return t

def d_of(i):
    raise Bare(i)
""",
    "same, bound, kinds, looked_at, overflows, changing, branches, writes, kept, nested, reraised, "
    "finals, wrong_cause, inside_real, ending, stacked",
)

UNWOUND = program(
    """
class Bare(Exception): pass

def one(i):
    if i & 1: raise Bare(i)
    return i

def two(i, j=0):
    k = i + j
    return one(i) + k

def holds(i):
    a = [i]
    b = Noisy(i)
    raise Bare(i)

def keeps(i, p):
    q = p
    if i % 3: raise KeyError(p)
    return q

def handles(i):
    try:
        return two(i)
    except KeyError:
        return 5
    finally:
        i += 1

def answers(i):
    try:
        return two(i)
    except Bare:
        return -1

class Thing:
    def __init__(self, i):
        if i % 3 == 0: raise Bare(i)
        self.i = i
    def get(self, i):
        if i % 3 == 0: raise KeyError(i)
        return self.i
    def __add__(self, i):
        if i % 3 == 0: raise KeyError(i)
        return i
    @property
    def odd(self):
        if self.i & 1: raise AttributeError("odd")
        return self.i

def gen(n):
    for i in range(n):
        if i == 7: raise Bare(i)
        yield i

def calls(n):
    t = 0
    for i in range(n):
        try: t += one(i)
        except Bare: t += 100
        try: t += two(i)
        except Bare as e: t += 1000
        t += answers(i)
    return t

def calls_with_objects(n):
    t, p = 0, Thing(1)
    for i in range(n):
        try: holds(i)
        except Bare: t += 1
        try: t += keeps(i, p) is p
        except KeyError: t += 10
        try: t += handles(i)
        except Bare: t += 100
    return t

def methods(n):
    t, thing = 0, Thing(1)
    for i in range(n):
        try: t += thing.get(i)
        except KeyError: t += 10
        try: t += thing + i
        except KeyError: t += 100
        try: t += Thing(i).i
        except Bare: t += 1000
        thing.i = i
        try: t += thing.odd
        except AttributeError: t += 10000
    return t

def generators(n):
    t = 0
    for i in range(n):
        try:
            for x in gen(i % 12): t += x
        except Bare: t += 1000
    return t

def places_of(n):
    out = []
    for i in range(n):
        try:
            two(i)
        except Bare as e:
            if i % 15 == 0: out.append(story(e))
    return out

def locals_of(n):
    out = []
    for i in range(n):
        try:
            two(i)
        except Bare as e:
            if i % 15 == 0: out.append([f[0].f_locals.get("k") for f in traceback.walk_tb(e.__traceback__)])
    return out

def to_infinity(k):
    return to_infinity(k + 1)

def deep(n):
    t = 0
    for i in range(n):
        try:
            down(i % 9)
        except Bare: t += 1
        if i % 50 == 0:
            try: to_infinity(0)
            except RecursionError: t += 1
    return t

def down(k):
    if k == 0: raise Bare
    return down(k - 1)
""",
    "calls, calls_with_objects, methods, generators, places_of, locals_of, deep",
)

BY_THEMSELVES = program(
    """
class D(dict):
    def __missing__(self, key): raise KeyError(key)
class L(list): pass
class Key:
    def __init__(self, i): self.i = i
    def __hash__(self): return self.i
    def __eq__(self, other): Noisy.log.append(self.i); return True
class Empty: pass
class Dynamic:
    def __getattr__(self, name): raise AttributeError(name)

def keys(n):
    d, e, t = {i: i for i in range(0, n, 2)}, D(), 0
    s = {"a": 1, (1, 2): 3}
    for i in range(n):
        try: t += d[i]
        except KeyError: t += 1000
        try: t += e[i]
        except KeyError: t += 1
        try: t += s["b"]
        except KeyError: t += 1
        try: t += s[i, 2]
        except KeyError: t += 10
        try: t += s["x" * (i % 3)]
        except KeyError: t += 10
        try: t += d[Key(i)]
        except KeyError: t += 1
        try: t += d[[]]
        except TypeError: t += 1
    return t

def keys_named(n):
    d, out = {}, []
    for i in range(n):
        try:
            d[i]
        except KeyError as e:
            if i % 30 == 0: out.append(story(e))
    return out

def indexes(n):
    a, b, c, t = [1, 2, 3], (1, 2), "ab", 0
    m = L([1])
    for i in range(n):
        try: t += a[i % 5]
        except IndexError: t += 10
        try: t += b[i & 3]
        except IndexError: t += 100
        try: t += len(c[i & 3])
        except IndexError: t += 1000
        try: t += a[-i]
        except IndexError: t += 10000
        try: t += m[i & 1]
        except IndexError: t += 100000
        try: t += [i][i & 1]
        except IndexError: t += 5
    return t

def pops(n):
    t, a = 0, []
    for i in range(n):
        try: t += a.pop()
        except IndexError: a.append(i)
        try: t += [].pop()
        except IndexError as e: t += 1
    return t

def numbers(n):
    t = 0
    words = "12", "x1", " 7 ", "", "1_000", "-", "1.5", "\\u0661", "inf", "1e3", "0x1f", "\\0", "nano", "- 1"
    for i in range(n):
        try: t += int(words[i % 14])
        except ValueError: t += 10000
        try: t += min(float(words[i % 14]), 1e9)
        except ValueError: t += 100000
    return t

def divisions(n):
    t = u = 0
    for i in range(n):
        try: t += 10 // (i & 1)
        except ZeroDivisionError: t += 10
        try: u += 10 / (i & 1)
        except ZeroDivisionError: t += 100
        try: t += 10 % (i & 1)
        except ZeroDivisionError: t += 1000
        try: u += 10.0 / ((i & 1) * -0.0)
        except ZeroDivisionError: t += 10000
        try: t += 10 ** 30 // (i & 1)
        except ZeroDivisionError as e: t += len(str(e))
        try: t += True // (i & 1)
        except ZeroDivisionError: t += 5
    return t, u

def attributes(n):
    t, o, d = 0, Empty(), Dynamic()
    for i in range(n):
        if i == n // 2: o.late = 5
        try: t += o.missing
        except AttributeError: t += 1
        try: t += o.late
        except AttributeError: t += 10
        try: t += o.method()
        except AttributeError: t += 100
        try: t += d.missing
        except AttributeError as e: t += 1000
        try: t += sys.missing
        except AttributeError: t += 10000
        try: t += i.missing
        except AttributeError as e: t += len(e.name)
    return t
""",
    "keys, keys_named, indexes, pops, numbers, divisions, attributes",
)


class RaisedTests(ForcedExits, unittest.TestCase):
    passes = (*ForcedExits.passes, "raise", "virtual")
    program = RAISED


class UnwoundTests(ForcedExits, unittest.TestCase):
    passes = (*ForcedExits.passes, "raise", "virtual")
    program = UNWOUND


class ByThemselvesTests(ForcedExits, unittest.TestCase):
    passes = (*ForcedExits.passes, "raise", "virtual")
    program = BY_THEMSELVES


class TraceTests(unittest.TestCase):
    def traces(self, source, n=400):
        text = textwrap.dedent(source) + f"\nimport sys, json\nf({n})\nprint(json.dumps(sys._jit._ir_traces()))\n"
        return [t for t in json.loads(run(text, PYTHON_JIT_BACKEND="native")) if " f\n" in t]

    def check_unmade(self, source, count=1):
        traces = self.traces(source)
        loops = [text for text in traces if "LOOP" in text]
        self.assertTrue(loops)
        for text in loops:
            self.assertNotIn("OPAQUE", names(text), text)
            self.assertIn(": again ", text)

    def test_nothing_is_made(self):
        self.check_unmade("""
            def f(n):
                t = 0
                for i in range(n):
                    try:
                        raise ValueError(i)
                    except ValueError as e:
                        t += i
                return t
        """)

    def test_a_callee_is_left(self):
        self.check_unmade("""
            class Error(Exception): pass
            def inner(i):
                raise Error(i)
            def outer(i):
                return inner(i) + 1
            def f(n):
                t = 0
                for i in range(n):
                    try:
                        t += outer(i)
                    except (KeyError, Error):
                        t += i
                return t
        """)

    def test_instructions_that_raise(self):
        for what in "d[i]", "a[i]", "a.pop()", "int('x')", "i // 0", "d.missing":
            with self.subTest(what):
                self.check_unmade(f"""
                    def f(n):
                        d, a, t = {{}}, [], 0
                        for i in range(n):
                            try:
                                t += {what}
                            except (LookupError, ValueError, ArithmeticError, AttributeError):
                                t += 1
                        return t
                """)

    def test_a_handler_that_looks_gets_one(self):
        [text, *_] = self.traces("""
            def f(n):
                out = []
                for i in range(n):
                    try:
                        raise ValueError(i)
                    except ValueError as e:
                        out.append(e.args)
                return t
        """.replace("return t", "return out"))
        self.assertIn("RAISE_VARARGS", text)
        self.assertNotIn(": again ", text)

    def test_a_class_that_changes(self):
        out = run(textwrap.dedent("""
            class Error(Exception): pass
            def f(n):
                t = 0
                for i in range(n):
                    try:
                        raise Error(i)
                    except LookupError:
                        t += 1000
                    except Error:
                        t += 1
                return t
            made = []
            print(f(300))
            Error.__init__ = lambda self, i: made.append(i)
            print(f(300), len(made))
            del Error.__init__
            print(f(300), len(made))
            Error.__del__ = lambda self: made.append(0)
            print(f(300), len(made))
            del Error.__del__
            Error.__bases__ = KeyError,
            print(f(300), len(made))
        """), PYTHON_JIT_BACKEND="native")
        self.assertEqual(out.split(), "300 300 300 300 300 300 600 300000 600".split())

    def test_tools(self):
        source = textwrap.dedent("""
            import sys
            class Error(Exception): pass
            def g(i):
                raise Error(i)
            def f(n):
                t = 0
                for i in range(n):
                    try:
                        g(i)
                    except Error:
                        t += 1
                return t
            f(500)
            seen = []
            E = sys.monitoring.events
            sys.monitoring.use_tool_id(1, "test")
            for event in E.RAISE, E.EXCEPTION_HANDLED, E.PY_UNWIND:
                sys.monitoring.register_callback(1, event, lambda *args: seen.append((len(args), str(args[-1]))))
            sys.monitoring.set_events(1, E.RAISE | E.EXCEPTION_HANDLED | E.PY_UNWIND)
            f(20)
            sys.monitoring.set_events(1, 0)
            print(seen)
            f(500)
            seen.clear()
            sys.settrace(lambda *args: lambda frame, event, arg: seen.append((event, frame.f_lineno)))
            f(3)
            sys.settrace(None)
            print(seen)
            f(500)
            seen.clear()
            sys.setprofile(lambda frame, event, arg: seen.append((event, frame.f_lineno)))
            f(3)
            sys.setprofile(None)
            print(seen)
        """)
        self.assertEqual(run(source, PYTHON_JIT_BACKEND="native"), run(source, PYTHON_JIT="0"))


if __name__ == "__main__":
    unittest.main()
