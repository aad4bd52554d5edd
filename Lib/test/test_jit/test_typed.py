"""Typed traces: what a loop on numbers becomes, and that every exit from registers restores the frame.

`OPTIMIZED` gives functions with the operations their loop is made of; `FUNCTIONS` are run with each check of
their traces made to fail in turn, and their results and the references they leave are compared with tier 1.
"""

import importlib.util
import json
import pathlib
import re
import sys
import tempfile
import textwrap
import unittest

from test.support.script_helper import assert_python_ok

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

has_testcapi = importlib.util.find_spec("_testcapi") is not None

TYPED = {
    "PYTHON_JIT": "1",
    "PYTHON_JIT_TYPED": "1",
    "PYTHON_JIT_BACKEND": "interpreter",
    "PYTHON_JIT_LOOP_THRESHOLD": "30",
    "PYTHON_JIT_EXIT_THRESHOLD": "20",
    "PYTHON_JIT_MIN_RATE": "0",
}

# source of f, arguments, operations of the loop from the first PHI on, without the marks of the instructions
OPTIMIZED = {
    "sum": (
        """
        def f(n):
            t = 0
            for i in range(n):
                t += i
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT IADD LOOP",
    ),
    "mixed": (
        """
        def f(n):
            t = 0.5
            for i in range(n):
                t = t * 0.5 + i
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL I2F FADD LOOP",
    ),
    "swapped numbers": (
        """
        def f(n):
            a, b = 0, 1
            while n > 0:
                a, b = b, (a + b) % 1000003
                n -= 1
            return a
        """,
        (500,),
        "PHI PHI PHI GUARD_NO_EVENT IADD IMOD ISUB GUARD_IGT LOOP",
    ),
    "folded": (
        """
        def f(n):
            t = 1
            while t < n:
                t = t * 1 + 0 + 3
            return t
        """,
        (1500,),
        "PHI GUARD_NO_EVENT COPY_INT IADD GUARD_ILT LOOP",  # t * 1 + 0 is another object than t
    ),
    "common": (
        """
        def f(n, x):
            t = 0.0
            for i in range(n):
                t += (x * x) - (x * x + 1.0)
            return t
        """,
        (500, 1.5),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FADD LOOP",
    ),
    "invariant arithmetic, guards and branches": (
        """
        def f(n, a, b):
            i = t = 0
            while i < n:
                if a < b:
                    t += (a * b + a) % 7
                y = a - b
                i += 1
            return t, y
        """,
        (500, 300, 7000),
        "PHI PHI GUARD_NO_EVENT IADD IADD GUARD_ILT LOOP",
    ),
    "a number that becomes a float": (
        """
        def f(n):
            t = 0
            for i in range(n):
                t = t + 0.5
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FADD LOOP",
    ),
    "three peeled iterations": (
        """
        def f(n):
            a, b, c = 1.0, 2.0, 3.0
            for i in range(n):
                a, b, c = b, c, a * 0.5 + c
            return a
        """,
        (500,),
        "PHI PHI PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL FADD LOOP",
    ),
    "a bool as a number": (
        """
        def f(n):
            t = 0
            for i in range(n):
                small = i < 100
                t += small
                if not small:
                    t += 2
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT ILT BOOL_OF IADD GUARD_IGE IADD STORE_SLOT LOOP",
    ),
    "float and int": (
        """
        def f(n):
            t = 0
            x = 0.5
            while x < n:
                x = x // 1 + x % 1 * 2 + x ** 0.25
                t += 1
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT FFLOORDIV FMOD FMUL FADD FPOW FADD IADD GUARD_FLT LOOP",
    ),
    "functions of module math": (
        """
        import math
        from math import sqrt
        def f(n):
            t = 0.5
            for i in range(n):
                t = math.sin(t) + sqrt(t) + math.fabs(t) + math.atan2(t, 3)
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMATH FSQRT FADD FABS FADD FMATH2 FADD LOOP",
    ),
    "what an opaque instruction leaves alone": (
        """
        def f(n, x):
            t = 0.0
            for i in range(n):
                u = +x
                t += x * x
            return t
        """,
        (500, 1.5),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT INCREF STORE_STACK BOX_FLOAT STORE_SLOT BOX_INT STORE_SLOT SET_SP "
        "OPAQUE CHECK_VALID GUARD_UNSEEN LOAD_SLOT GUARD_PLAIN LOAD_SLOT STORE_SLOT FADD SET_SP LOOP",
    ),
    "a list whose end nobody notices": (
        """
        def f(n, x):
            t = 0.0
            for i in range(n):
                u = [x]
                t += x * x
            return t
        """,
        (500, 1.5),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT NEW_LIST INCREF INIT_ITEM LOAD_SLOT GUARD_QUIET STORE_SLOT FADD "
        "LOOP",
    ),
}

# How a program that defines run() ends: every run gives the same, and none keeps references, which a debug
# build shows.
RUN_AND_COUNT = """
import gc, sys

def count_references():
    # Without a debug build: those to what the collector knows, and memory.
    if hasattr(sys, "gettotalrefcount"):
        return sys.gettotalrefcount()
    return sys.getallocatedblocks() + sum(map(sys.getrefcount, gc.get_objects()))

def leaks():
    grown = []
    # Traces that are made meanwhile have references too, but there is an end to that.
    for attempt in range(40):
        gc.collect()
        before = count_references()
        run()
        run()
        gc.collect()
        grown.append(count_references() - before)
        if grown[-1] < 40:
            return 0
    return grown

first = run()
for turn in range(3):
    again = run()
    assert again == first, [(x, y) for x, y in zip(first, again) if x != y]
print(*first, sep="\\n")
print("leaks", leaks())
"""


FUNCTIONS = """
import sys, gc, math
from math import sqrt, floor

def total(n):
    t = 0
    for i in range(n):
        t += i * i
    return t, i

def floats(n):
    t, x = 0.0, 1.5
    for i in range(n):
        if i & 3:
            t += i * x
        else:
            t -= x / (i + 1)
        x = -x
    return t, x, i

def fibonacci(n):
    a, b = 0, 1
    while n > 0:
        a, b = b, a + b
        n -= 1
        if b > 10**17:
            a, b = 0, 1
    return a, b, n

def overflow(n):
    x = 1
    for i in range(n):
        x = x * 3 + i
        if x > 2**70:
            x = 1
    return x

def raises(n):
    caught = 0
    for i in range(n):
        y = i - 40
        try:
            x = 7 // y + 1 / y
        except ZeroDivisionError as error:
            caught += 1
            x = error.__traceback__.tb_lineno
    return caught, x, y

def escapes(n):
    kept = []
    x = 0.25
    for i in range(n):
        x = x * 1.25
        if x > 1000.0:
            x -= 999.5
        kept.append(x)
        kept.append(i)
        y = x
        kept.append(y is x)
    return kept

def types(n):
    x = 1
    for i in range(n):
        x = x + 1 if i % 50 else x + 0.5
        if i % 77 == 0:
            x = int(x)
    return x

def objects(n):
    last = None
    seen = 0
    for i in range(n):
        if last is not None:
            seen += 1
        last = [i] if i % 3 else None
    return seen, last

def nested(n):
    t = 0
    for i in range(n):
        for j in range(i % 7):
            t += i ^ j
        t -= ~i
    return t, i, j

def frames(n):
    t = 0
    out = []
    for i in range(n):
        t += i
        if i % 60 == 0:
            out.append(sorted(sys._getframe().f_locals.items(), key=lambda item: item[0])[1:])
        else:
            t = t - 1
    return [str(x) for x in out]

def comparisons(n, nan=float("nan")):
    hits = 0
    for i in range(n):
        x = nan if i % 90 == 80 else float(i % 13)
        if x < 6.0:
            hits += 1
        if x <= 6.0:
            hits += 10
        if x > 6.0:
            hits += 100
        if x >= 6.0:
            hits += 1000
        if x == 6.0:
            hits += 10000
        if x != 6.0:
            hits += 100000
        if not x:
            hits += 1000000
    return hits

def shifts(n):
    t = 1
    for i in range(n):
        t = (t << (i % 40)) ^ (t >> 3)
        t &= 0xFFFFFF
        t |= i % 5
        t //= 2
        t += i % -7
    return t

def mixed_comparisons(n):
    # 2**53 + 1 is no float: only exact comparisons tell it from 2**53.
    hits = 0
    big, x = 2**53 - 130, float(2**53)
    for i in range(n):
        hits += big < x
        hits += 10 * (x <= big)
        hits += 100 * (big == x)
        if big != x:
            hits += 1000
        if x > big:
            hits += 10000
        if big >= x - 0.5:
            hits += 100000
        big += 1
    return hits, big, x

def truths(n, odd=float("nan")):
    last, was, t, z = None, False, 0, 0.0
    for i in range(n):
        small = i % 7 < 3
        equal = (i & 3) == 1
        both = small and not equal
        t += small + 2 * equal - -both
        t += True
        if both is True:
            t += 16
        if was:
            t -= 3
        was = not small
        z = odd if i == 200 else z + 0.25 if equal else 0.0
        some = not z
        if some is not False or 1 < i % 9 <= 5:
            t ^= 1
        if last is None:
            t += 5
        last = None if equal else i
    return t, was, last, some, z

def powers(n):
    t, x, k = 0.0, -2.5, 1
    for i in range(n):
        t += x ** 2 + (i + 1) ** 0.5 - (i + 1.0) ** -3
        t += 0.0 ** i + (-0.5) ** (i % 5)
        k = (k + i ** 3 - 7 ** (i % 23) + (i - 9) ** 2) % 1000003
        t += 2 ** -(i % 4)
        x = x + 0.125 if x < 3 else -2.5
    return t, k, x

def power_errors(n):
    caught = []
    for i in range(n):
        try:
            t = (i - 130.0) ** -1 + 10.0 ** (i + 60) + 3 ** (i - 40)
        except ArithmeticError as error:
            caught.append((i, type(error), error.__traceback__.tb_lineno))
        try:
            caught.append((2.0 - i % 60) ** 0.5)
        except ArithmeticError as error:
            caught.append(error)
    return caught, t

def float_divisions(n, infinite=float("inf")):
    seen = []
    total = 0.0
    for i in range(n):
        d = 0.0 if i == 120 else -infinite if i == 180 else infinite if i == 181 else 2.75 - i % 8
        x = (i - 100) * 0.7
        try:
            a = x // d
            b = x % d
            c = i // 0.3 - i % -0.3
        except ZeroDivisionError as error:
            a = b = c = error.__traceback__.tb_lineno
        total += c
        if i > 170 or i < 4:
            seen.append((a, b))
    return seen, total, -0.0 % 3.0, 0.0 % -3.0

def mathematics(n):
    t, k = 0.0, 0
    for i in range(n):
        x = (i - 20) * 0.25
        t += math.sin(x) + math.exp(-x) + sqrt(i) + math.log(i + 0.5) + math.atan2(x, 2.0) + math.pow(2, x)
        k += floor(x) + math.ceil(x) + math.trunc(x) - int(math.fabs(x))
    return t, k, math.copysign(3, -0.0)

def mathematics_at_the_edges(n, infinite=float("inf"), odd=float("nan")):
    seen = []
    for i in range(n):
        x = {90: -1.0, 110: infinite, 130: odd, 150: -infinite, 170: 1e300, 190: 800.0, 210: 10**400,
             230: True, 250: -0.0}.get(i, i * 0.5)
        for f in math.sqrt, math.exp, math.cosh, math.log10, floor, math.sin, math.fabs:
            try:
                value = f(x)
            except (ValueError, OverflowError) as error:
                value = str(error), error.__traceback__.tb_lineno
            if i % 20 == 10:
                seen.append(value)
        try:
            root, power, rest = math.sqrt(x), math.exp(x), math.fmod(x, i - 100)
            floored = floor(x)
        except (ValueError, OverflowError) as error:
            root, power, rest, floored = str(error), error.__traceback__.tb_lineno, 0, 0
        if i % 20 == 10 or i == 100:
            seen.append((root, power, rest, floored, floored is x))
    return seen

def swapped_arguments(n):
    def larger_first(x, y):
        if x < y:
            x, y = y, x
        return [x - y, x, y]
    total = 0.0
    for i in range(n):
        z = complex(i % 7 + 0.5, i % 5)
        difference, x, y = larger_first(z.real, z.imag)
        w = larger_first(z.imag, z.real)
        total += difference * w[0] + x / (w[2] + 1.0) - y + w[1]
    return total

def a_function_of_that_name(n):
    roots = 0.0
    real = math.sqrt
    for i in range(n):
        if i == 200:
            math.sqrt = lambda x: -x
        roots += math.sqrt(i)
    math.sqrt = real
    return roots

def wide(n):
    numbers = (2**60, -2**62, 2**63 - 1, -2**63, 2**63, 5)
    t = 0
    for i in range(n):
        x = numbers[i % 37 % 6 if i > 200 else i & 1]
        t ^= x
        t += x >> 3
        if x > 0:
            t -= 1
    return t

def carried_together(n):
    # A number that was carried around a loop forgot which object it was.
    x = y = n * 0.5
    z = first = n * 0.25
    out = []
    for i in range(n):
        if i % 50 == 49:
            out.append((x is y, z is first, z is x, x == y))
        if i % 3:
            x = y = i * 0.5
    return out, z is first, x is y

def handed_on(n):
    # The first values of a and b are somebody else's objects.
    a, b, c = first = (1000.5, 2000.5, 3000.5)
    for i in range(n):
        a, b, c = b, c, a * 0.5 + c
        if i % 70 == 1:
            first += (a is first[2], b is first[3:] or b is c, a is b)
    return a, b, c, first

def swapped(n):
    a, b = x, y = n * 1.5, n * 2.5
    for i in range(n):
        a, b = b, a
        if i == n - 20:
            x = x + (a is y) * 10 + (b is x) * 100
    return a is x, a is y, b is x, b is y, x

def twins(n):
    # Common subexpressions have one value, but each is an object.
    out = []
    u = v = w = 0.5
    for i in range(n):
        u = i * 0.5
        v = i * 0.5
        w = u
        if i % 40 == 39:
            out.append((u is v, w is u, w is v))
    return out, u is v, w is u, w is v

def invariant_twin(n, k=1000):
    out = []
    x = y = 0
    for i in range(n):
        y = x
        x = k * 3
        if i % 40 == 39:
            out.append((x is y, x == y))
    return out, x is y

def not_a_number(n):
    seen = []
    x = y = float("nan")
    t = 0.0
    for i in range(n):
        y = x
        x = x + t
        t += 1.0
        if i % 60 == 59:
            seen.append((x in [x], y in [x], x is y))
    return x is y, x in [x], seen

def unbound(n):
    for i in range(n):
        if i > 200:
            t = i
        elif i > 300:
            del t
    return t

def plain_no_more(n):
    x = y = 1
    seen = 0
    for i in range(n):
        y = x
        x = i * 2
        if i % 90 == 89:
            x = [x]
            seen += len(x)
            y, x = x, y
    return seen, x, y

def constants(n):
    a, b, c = 1.5, 2.5, True
    out = []
    for i in range(n):
        if i % 45 == 44:
            out.append((a, b, c, a is b))
            b = 7.5
        a = 3.5
        c = None
    return out, a, b, c

def written_through_a_frame(n):
    # What is known of locals holds after arbitrary code only if there is no frame object to write through.
    def change(i):
        if i == 150 or i > 220:
            sys._getframe(1).f_locals["x"] = i * 0.25
        return i
    x, t = 1.5, 0.0
    for i in range(n):
        t += x
        t += sum(map(change, (i,)))
        t -= x * 0.5
    return t, x

class Finalized:
    def __del__(self):
        sys._getframe(1).f_locals["k"] = "changed"

def written_by_a_finalizer(n):
    k = 1
    seen = []
    for i in range(n):
        item = Finalized() if i > 240 else [i]
        if i % 8 == 0:
            seen.append(k)
        item = None
        if k == "changed":
            k = i
    return seen, k

TESTED = [thing for thing in list(globals().values()) if type(thing) is type(lambda: 0)]

def run():
    return [repr(f(260)) for f in TESTED]

""" + RUN_AND_COUNT


NO_MEMORY = """
import _testcapi, sys
def f(n, out):
    t = 0.5; k = 10**6
    for i in range(n):
        t += i
        k += i
        out[i & 3] = t      # escapes: boxed
        out[i & 1] = k
    return t, k
def g(n):
    t = 0.5; k = 10**6
    for i in range(n):
        t += i
        k += i * 1000
        if i == 290:
            t = -t
    return t, k
want = f(300, [0]*4), g(300)
for start in range(0, 60):
    a = [0]*4
    got = None
    try:
        _testcapi.set_nomemory(start, start + 7)
        try:
            got = f(300, a)
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        pass
    assert got is None or got == want[0]
for start in range(0, 40):
    got = None
    try:
        _testcapi.set_nomemory(start, 0)
        try:
            got = g(300)
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        pass
    assert got is None or got == want[1], got
print("ok")
"""


def operations(text):
    """The operations of a trace from where its LOOP leads to; of all others the whole."""
    lines = []
    for line in text.partition("trace:\n")[2].splitlines():
        line = line.strip()
        if line.startswith("snap "):
            break
        lines.append(line.partition(" = ")[2] or line)
    head = int(lines[-1].split()[-1]) if lines[-1].startswith("LOOP aux ") else 0
    return [line.split()[0] for line in lines[head:] if not line.startswith("BYTECODE ")]


def run(source, **settings):
    _, out, _ = assert_python_ok("-c", source, **{**TYPED, **settings}, __isolated=False)
    return out.decode()


def forced_exits(program, interpreted=20, **settings):
    """Settings that take each exit of the traces of PROGRAM in turn: in machine code as many as one of them has at
    most, in the trace-IR interpreter the first INTERPRETED.  Traces that begin in other modules do not count."""
    # A number that no trace has: they are as they will be, and nothing is forced.  The log names traces that are gone, too.
    forced = {"PYTHON_JIT_FORCE_EXIT": "60000", "PYTHON_JIT_BACKEND": "native"}
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log")
        run(program, **{**settings, **forced, "PYTHON_JIT_LOG": str(log)})
        most = max(map(int, re.findall(r"<string>:\d+ .* (\d+) exits ", log.read_text())), default=0)
    if most == 0:
        raise AssertionError("there are no exits")
    for number in range(1, most + 1):
        yield {"PYTHON_JIT_FORCE_EXIT": str(number), "PYTHON_JIT_BACKEND": "native"}
    for number in range(1, min(most, interpreted) + 1):
        yield {"PYTHON_JIT_FORCE_EXIT": str(number)}


# A side trace that begins in the middle of an expression and is a loop: of the operand on the stack only
# the number is known.
BEGINS_IN_AN_EXPRESSION = """\
import sys

class Point:
    __slots__ = "y"

def walk(n):
    a = 0; b = 1; c = 0.5; x = 910
    q = Point(); q.y = 0.5
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 16:
            if x & 4:
                if x & 1:
                    c = b - x
                    if q.__class__ is Point: q.y += 1.5; a = q.y
            if x & 16:
                a, c = c, a
                if x & 32:
                    c = a - b
                    continue
                if x & 4:
                    a = a - c
    return a, b, c, x, q.y

print([walk(n) for n in (400, 150, 150, 37)])
"""


class LoopTests(unittest.TestCase):
    def test_optimized_loops(self):
        for name, (source, arguments, expected) in OPTIMIZED.items():
            with self.subTest(name):
                program = textwrap.dedent(source)
                program += f"import sys, json\nf(*{arguments})\nprint(json.dumps(sys._jit._ir_traces()))\n"
                loops = [" ".join(operations(text)) for text in json.loads(run(program))]
                self.assertIn(expected, loops)

    def test_begins_in_an_expression(self):
        settings = {"PYTHON_JIT_LOOP_THRESHOLD": "12", "PYTHON_JIT_EXIT_THRESHOLD": "2"}
        expected = run(BEGINS_IN_AN_EXPRESSION, PYTHON_JIT="0")
        aborts = "print(sys._jit.stats()['aborts']['the trace failed verification'])\n"
        for backend in "interpreter", "native":
            with self.subTest(backend):
                out = run(BEGINS_IN_AN_EXPRESSION + aborts, PYTHON_JIT_BACKEND=backend, **settings)
                self.assertEqual(out, expected + "0\n")

    def test_traces_verify_and_parse(self):
        program = FUNCTIONS + (
            "for text in sys._jit._ir_traces():\n"
            "    print(sys._jit._ir_verify(text))\n"
            "    plain = '\\n'.join(x.split(' ')[0] + ' ' + x.split(' ')[1] if x.startswith('code') else x\n"
            "                      for x in text.splitlines()) + '\\n'\n"
            "    print(sys._jit._ir_roundtrip(text) == plain)\n"
        )
        answers = run(program).split("leaks", 1)[1].split()[1:]
        self.assertGreater(len(answers), 20)
        self.assertEqual(set(answers), {"None", "True"})

    def test_passes_by_name(self):
        sums = OPTIMIZED["folded"][0]
        program = (
            textwrap.dedent(sums) + "import sys, json\nf(900)\nprint(json.dumps(sys._jit._ir_traces()))\n"
        )
        text = " ".join(json.loads(run(program, PYTHON_JIT_PASSES_OFF="fold,peel")))
        self.assertNotIn("PHI", text)
        self.assertIn("IMUL", text)

    def test_unknown_pass(self):
        _, _, warned = assert_python_ok("-c", "pass", PYTHON_JIT_PASSES_OFF="flod", __isolated=False)
        self.assertRegex(warned.decode(), "PYTHON_JIT_PASSES_OFF=flod is ignored.*: fold cse .*side")


class PolicyTests(unittest.TestCase):
    def test_loop_that_gets_hot_in_its_last_iteration(self):
        # The trace went from the jump to the end of the loop, and the loop never had another one.
        program = """
def f(n):
    t = 0
    for i in range(n):
        t += i
    return t
import sys, json
for k in range(300):
    assert f(30) == 435
print(json.dumps([sys._jit._ir_traces(), sys._jit.stats()["aborts"]]))
"""
        traces, aborts = json.loads(run(program))
        self.assertGreater(aborts["the loop ended"], 0)
        loops = [" ".join(operations(text)) for text in traces]
        self.assertIn("PHI PHI GUARD_NO_EVENT RANGE_NEXT IADD LOOP", loops)

    def test_side_trace_of_a_loops_end_goes_on_to_the_next_run_of_the_loop(self):
        # It was taken for a loop of its own, which never came around.
        program = """
def f(n):
    t = 0
    for i in range(n):
        for j in range(10):
            t += i ^ j
    return t
import sys, json
print(json.dumps([f(200), f(400), sys._jit._ir_traces()]))
"""
        want = json.loads(run(program, PYTHON_JIT="0"))
        # One that begins with its exit's values may have a loop of its own.
        got = json.loads(run(program, PYTHON_JIT_PASSES_OFF="side"))
        self.assertEqual(got[:2], want[:2])
        sides = [text for text in got[2] if "FOR_ITER" in text.partition("BYTECODE")[2].splitlines()[0]]
        self.assertTrue(sides)
        for text in sides:
            self.assertNotEqual(operations(text)[-1], "LOOP")

    def test_more_values_than_machine_code_has_room_for(self):
        # Such a trace was dropped; it is built again with less in registers.
        names = [f"x{i}" for i in range(180)]
        body = "".join(f"        {name} += {i}.5\n" for i, name in enumerate(names))
        program = (
            f"def f(n, {', '.join(names)}):\n    for i in range(n):\n{body}    return {' + '.join(names)}\n"
            "import sys, json\n"
            f"print(json.dumps([f(300, *range({len(names)})), sys._jit.stats()]))\n"
        )
        want, _ = json.loads(run(program, PYTHON_JIT="0"))
        result, stats = json.loads(run(program, PYTHON_JIT_BACKEND="native"))
        self.assertEqual(result, want)
        self.assertGreater(stats["traces_loop"], 0)
        self.assertEqual(stats["aborts"].get("no machine code could be made", 0), 0)


class ExitTests(unittest.TestCase):
    """Every check fails in turn."""

    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.expected = run(FUNCTIONS, PYTHON_JIT="0")

    def test_results_with_passes_off(self):
        for passes in ("", "fold", "cse", "peel", "fold,cse,peel"):
            with self.subTest(passes):
                self.assertEqual(run(FUNCTIONS, PYTHON_JIT_PASSES_OFF=passes), self.expected)

    def test_stress(self):
        self.assertEqual(run(FUNCTIONS, PYTHON_JIT_STRESS="1"), self.expected)

    @unittest.skipUnless(has_testcapi, "needs _testcapi.set_nomemory")
    def test_no_memory(self):
        # An exit that cannot have memory for its boxes takes them from the reserve.
        self.assertEqual(run(NO_MEMORY, PYTHON_JIT_EXIT_THRESHOLD="60000").strip(), "ok")

    def test_forced_exits(self):
        for settings in forced_exits(FUNCTIONS):
            with self.subTest(**settings):
                self.assertEqual(run(FUNCTIONS, **settings), self.expected)


SIDES = """
import gc, sys, weakref

def branches(n):
    a, b, x = 0, 0.5, 7
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        if x & 0x10000:
            a += i
        elif x & 0x20000:
            b -= i
        else:
            a, b = a - 1, b * 0.5
    return a, b, x

def inner(n):
    best = 0
    for i in range(1, n):
        c, k = 0, i
        while k != 1:
            if k & 1:
                k = 3 * k + 1
            else:
                k //= 2
            c += 1
        if c > best:
            best = c
    return best, c, k

def on_the_stack(n):
    t, x, names = 0, 1, []
    for i in range(n):
        x = (x * 75 + 74) % 65537
        t = t + (i if x & 1 else names.append(x) or -i) * (x if x & 2 else 2)
    return t, names[:5], len(names)

def objects(n, shared=("a", "b")):
    t, x, last = 0, 1, shared
    for i in range(n):
        x = (x * 75 + 74) % 65537
        last = shared if x & 1 else (last, i)[1 if x & 2 else 0]
        t += 1 if last is shared else 3
    return t, x, last is shared

def identity(n):
    seen, x, t = [], 1, 0.5
    for i in range(n):
        x = (x * 75 + 74) % 65537
        t = t + 0.25
        if x & 1:
            y = t
            seen.append(t)
            seen.append(y is seen[-1])
    return seen, t

def nested(n):
    t, x, limit = 0, 1, 3
    for i in range(n):
        for j in range(i % 5):
            x = (x * 75 + 74) % 65537
            if x & 1:
                t += i
            else:
                t -= j
        if x & 4:
            limit = limit + 1
    return t, x, i, j, limit

def written_in_a_branch(n):
    box, x, t = [1.5], 1, 0.0
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            t += box[0]
        elif x & 2:
            box[0] = t
        else:
            box = [t, i]
    return t, box, x

def rebound(n):
    x, t, step, other = 1, 0, 1000, 2000
    seen = []
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            t += step
        elif x & 2:
            step, other = other, step
            seen.append(step is other)
        else:
            step = other
            seen.append(step is other)
    return t, step, other, seen

class Point:
    __slots__ = ("x", "y")

def attributes(n):
    p, x = Point(), 1
    p.x, p.y = 0, 0.5
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            p.x += i
        elif x & 2:
            p.y = p.x + 0.5
        else:
            p.x = p.y = x
    return p.x, p.y

def continues(n):
    x, t = 1, 0
    while n > 0:
        n -= 1
        x = (x * 75 + 74) % 65537
        if x & 1:
            continue
        if x & 2:
            t += n
            continue
        t -= 1
    return x, t, n

def swapped(n):
    # At its exits the loop has in d what it has in a at the head, and the other way round.
    a, c, d = 0, 0.5, 2
    for i in range(n):
        d, a = a, d
        a, c = c, a
        if d > 10**6:
            d = i
        c, d = d, c
    return a, c, d, c is d

def swapped_back(n):
    a, b, t, x = 1000, 2000, 0, 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        a, b = b, a
        if x & 1:
            t += a
        elif x & 2:
            t -= b
        else:
            t += b * 3
        a, b = b, a
    return a, b, t

def left_swapped(n):
    # The second side trace starts from the first one, which does not touch a and b.
    a, b, t, x = 1000, 2000, 0, 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        a, b = b, a
        if x & 4:
            if x & 16:
                t += i
                continue
            t -= a
            continue
        a, b = b, a
    return a, b, t

def overwritten(n):
    a, b, d, x = 0, 1, 3, 486
    for i in range(n):
        x = (x * 75 + 74) % 65537
        a, b = b, a
        if x & 1:
            b = d
        c = a + x
        d = c - i
        b, a = a, b
    return a, b, c, d

def retyped(n):
    # The loop has no use for the number of step, but it took it for one.
    x, step, t, y = 1, 3, 0, 0
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 3:
            y = step * 0
            t += y == 0
        elif x & 8:
            step = "ab"
        else:
            step = 5
    return t, step

def unbound(n):
    x, t, step = 1, 0, 5
    for k in range(n // 10):
        try:
            for i in range(20):
                x = (x * 75 + 74) % 65537
                if x & 3:
                    t += step
                elif x & 4:
                    del step
                else:
                    step = i
        except UnboundLocalError:
            step = k
            t += i
    return t, step, x

def observed(n):
    # What is called writes a local of its caller.
    def poke(k):
        sys._getframe(1).f_locals["step"] = k
    x, t, step = 1, 0, 5
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 3:
            t += step
        elif x & 60 == 0:
            poke(i)
        else:
            t -= 1
    return t, step

def flagged(n):
    x, t, limit = 1, 0, 30000
    big = x > limit
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 3:
            t += 1 if big else i
        elif x & 4:
            big = x > limit
        else:
            limit = limit ^ 16384
    return t, big, limit

def largest(n):
    x, best, at = 1, 0.0, 0
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x * 0.5 > best:
            best = x * 0.5
            at = i
        elif x & 32:
            best -= 1000.0
    return best, at

def chained(n):
    p, q, x, t = Point(), Point(), 1, 0
    p.x, q.x, p.y = q, p, 2
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 3:
            t += p.x.x.y
        elif x & 4:
            p, q = q, p
            p.y = 1
        elif x & 8:
            p.x = p
        else:
            p.x = q
    return t, p is q.x

def stored_again(n):
    # To the loop p.x and c are one, since it stores c each time.
    p, x, b, c = Point(), 803, 1, 0.5
    p.x = 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            if x & 16:
                b = p.x
            else:
                p.x = c
            continue
        c = b - 0.5
    return p.x, b, c

def taken_along(n):
    # The loop knows the numbers of attributes; side traces write them, or objects with the same attributes.
    p, q, x, t = Point(), Point(), 1, 0
    p.x, p.y, q.x, q.y = 0, 0.5, 1, 1.5
    for i in range(n):
        x = (x * 75 + 74) % 65537
        p.x += 1
        if x & 3:
            p.y += p.x * 0.5
        elif x & 4:
            q.x += p.x
        elif x & 8:
            p, q = q, p
        elif x & 16:
            p.x = i
        else:
            p.y = q.y
        t += p.x
    return p.x, p.y, q.x, q.y, t

def kinds(n):
    x, t = 1, 0
    for i in range(n):
        x = (x * 75 + 74) % 65537
        t = t + 1 if x & 1 else t + 0.5 if x & 2 else int(t)
    return t

def run():
    return [repr((f(400), f(150))) for f in (
        branches, inner, on_the_stack, objects, identity, nested, written_in_a_branch, rebound,
        attributes, continues, swapped, swapped_back, left_swapped, overwritten,
        retyped, unbound, observed, flagged, largest, chained, stored_again, taken_along, kinds)]

""" + RUN_AND_COUNT


class SideTests(unittest.TestCase):
    """Side traces that begin with the values of their exit."""

    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.expected = run(SIDES, PYTHON_JIT="0")

    def test_they_take_values(self):
        program = SIDES + "print(sum('START_SIDE' in text for text in sys._jit._ir_traces()))\n"
        for backend in "interpreter", "native":
            with self.subTest(backend):
                out = run(program, PYTHON_JIT_BACKEND=backend)
                self.assertTrue(out.startswith(self.expected), out)
                self.assertGreater(int(out.split()[-1]), 10)
                out = run(program, PYTHON_JIT_BACKEND=backend, PYTHON_JIT_PASSES_OFF="side")
                self.assertEqual(out, self.expected + "0\n")

    def test_stress(self):
        for backend in "interpreter", "native":
            with self.subTest(backend):
                self.assertEqual(run(SIDES, PYTHON_JIT_STRESS="1", PYTHON_JIT_BACKEND=backend), self.expected)

    def test_forced_exits(self):
        for settings in forced_exits(SIDES):
            with self.subTest(**settings):
                self.assertEqual(run(SIDES, **settings), self.expected)

    def test_they_come_back(self):
        for source in "inner", "continues":
            with self.subTest(source):
                program = SIDES + (
                    f"code = {source}.__code__\n"
                    f"for turn in range(4): {source}(3000)\n"
                    "texts = [t for t in sys._jit._ir_traces() if code.co_name in t.split('\\n')[0]]\n"
                    "back = [t for t in texts if 'TO_HEAD' in t]\n"
                    "print(len(back), any('BOX' not in t.split('snap')[0] for t in back))\n"
                )
                out = run(program).split()
                self.assertGreater(int(out[-2]), 0)
                # Between the branches of inner() nothing need go to memory.
                self.assertTrue(out[-1] == "True" or source == "continues")

    def test_loop_of_its_own(self):
        # The loop was recorded with one branch; the other has a number of its own, which gets a PHI too.
        program = """
import sys
def f(n):
    a, b, x = 0, 0.5, 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            a += i
        else:
            b += 1.5
    return a, b
print([f(n) for n in (3000, 400, 3000)])
if sys._jit.is_enabled():
    sides = [t for t in sys._jit._ir_traces() if "START_SIDE" in t]
    assert any("PHI" in t and "LOOP" in t for t in sides), sides
"""
        expected = run(program, PYTHON_JIT="0")
        for backend in "interpreter", "native":
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), expected)

    def test_number_from_the_loop_before(self):
        # The loop of a side trace has the number of b from the loop before it, not out of b's object.
        program = """
TEXT = '''
def f(n):
    a, b, c, d, x = 1000, 2000, 0.5, 2, {first}
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & {one}:
            if x & {other}:
                d = b - i
            else:
                c = c - 0.5
        else:
            a, b = b, a
        if abs(c) > 1e9 or abs(d) > 1e9:
            c = d = 0.25
    return a, b, c, d
'''
for first in 649, 1, 7:
    for one in 1, 2, 4, 16:
        for other in 8, 32:
            exec(TEXT.format(first=first, one=one, other=other))
            print(first, one, other, *[f(n) for n in [400, 150] * 3])
"""
        expected = run(program, PYTHON_JIT="0")
        for backend in "interpreter", "native":
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), expected)

    def test_root_goes_while_a_side_trace_runs(self):
        # What the side trace calls makes its whole tree invalid; it leaves at once, and goes on in tier 1.
        program = """
import sys
def stop(i):
    if i in (2500, 2900):
        sys.setprofile(print)
        sys.setprofile(None)
def f(n, stop):
    t, x = 0, 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        if x & 1:
            t += i
        else:
            t -= i
            if i > 2000:
                stop(i)
    return t, x
want = f(3000, lambda i: None)
for turn in range(3):
    assert f(3000, stop) == want
print("fine")
"""
        for backend in "interpreter", "native":
            with self.subTest(backend):
                self.assertIn("fine", run(program, PYTHON_JIT_BACKEND=backend))

    def test_trees_are_evicted(self):
        # Under the smallest limit trees come and go; none is dropped in parts.
        program = """
import sys
source = "def f(n):\\n    t, x = 0, 1\\n    for i in range(n):\\n        x = (x * 75 + 74) % 65537\\n"
for k in range(12):
    source += f"        if x % 13 == {k}: t += i * {k}\\n        elif x & {1 << k % 5}: t -= {k}\\n"
source += "    return t, x\\n"
functions = []
for k in range(120):
    names = {}
    exec(source, names)
    functions.append(names["f"])
want = functions[0](300)
for turn in range(2):
    for f in functions:
        assert f(300) == want
stats = sys._jit.stats()
print(stats["evictions"] > 0, stats["code_bytes"] + stats["metadata_bytes"] < 1 << 20)
"""
        for backend in "interpreter", "native":
            with self.subTest(backend):
                out = run(program, PYTHON_JIT_BACKEND=backend, PYTHON_JIT_MEMORY_LIMIT="1")
                self.assertEqual(out.split(), ["True", "True"])

    def test_not_by_itself(self):
        text = "code c0\ntrace:\n START_SIDE\n BYTECODE NOP 0 @ c0:1\n EXIT -> s1\n snap s1: end c0:2\n"
        with self.assertRaisesRegex(ValueError, "takes values"):
            sys._jit._ir_run(text, run.__code__, (), "interpreter")


if __name__ == "__main__":
    unittest.main()
