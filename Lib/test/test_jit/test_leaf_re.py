"""Methods of patterns and matches of module re, and methods of C that were bound before they are called.

As in test_leaf, every way in which code of users could run is in `PROGRAM`, and each check of its traces is made to fail in turn.
"""

import sys
import textwrap
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "tokens": (
        """
        import re
        def f(n):
            tokens, t = ((re.compile("a+").match, 1), (re.compile("(a)").match, 2)), 0
            for i in range(n):
                for rexmatch, action in tokens:
                    m = rexmatch("aab", i & 1)
                    if m:
                        t += m.end() + action
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "IADD"],
        ["OPAQUE"],
    ),
    "patterns": (
        """
        import re
        def f(n):
            p, t = re.compile("(a+)(?P<x>b)?"), 0
            for i in range(n):
                m = p.match("aab")
                t += len(m.groups()) + len(m.group("x", 1)) + len(p.findall("ab aab")) + len(p.split("xaby"))
                t += p.search("xab").start() + len(p.sub("", "aab c")) + len(p.fullmatch("aab").span())
            return t
        """,
        ["CALL_LEAF"] * 9,
        ["OPAQUE"],
    ),
    "bound methods": (
        """
        def f(n):
            l, d, s, t = [], {"a": 1}, set(), 0
            append, get, add, pop = l.append, d.get, s.add, l.pop
            for i in range(n):
                append(i)
                add(i & 3)
                t += get("a", 0) + pop()
            return t
        """,
        ["CHANGE_LEAF", "CHANGE_LEAF", "CALL_LEAF", "CHANGE_LEAF"],
        ["OPAQUE"],
    ),
}

PROGRAM = """
import re, sys

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Text(str):
    def __getitem__(self, i): return "sub"
    def __del__(self): Noisy.heard.append("text")

class Buffer:
    def __buffer__(self, flags): Noisy.heard.append("buffer"); return memoryview(b"aab")

class Index:
    def __index__(self): Noisy.heard.append("index"); return 1

class Key:
    def __hash__(self): return 1
    def __eq__(self, other): return False

PATTERNS = [re.compile("(a+)(?P<x>b)?"), re.compile(b"(a+)(b)?"), re.compile("")]
SUBJECTS = ["aab", "xaab aab", "", b"aab", Text("aab"), bytearray(b"aab"), memoryview(b"aab"), Buffer(), 5, None]
PLACES = [0, 1, -1, True, 2 ** 70, Index(), None, "1", 3]
GROUPS = [0, 1, 2, "x", Text("x"), 5, -1, True, 2 ** 70, Index(), Key(), (1,)]

def show(o):
    return o if not isinstance(o, re.Match) else (o.span(), type(o.string).__name__, o.pos, o.endpos, o.regs)

def patterns(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        p, s, at = PATTERNS[i // 7 % 3], SUBJECTS[i // 5 % len(SUBJECTS)], PLACES[i // 3 % len(PLACES)]
        for k in range(2):
            try:
                out.append((show(p.match(s)), show(p.search(s)), show(p.fullmatch(s))))
                out.append((p.findall(s), p.split(s)))
                out.append((show(p.match(s, at)), show(p.search(s, at)), show(p.fullmatch(s, at)), p.findall(s, at)))
                out.append((show(p.match(s, at, 2)), p.split(s, at), p.match(string=s) is None))
            except (TypeError, OverflowError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
    return out, list(Noisy.heard)

def substitutes(n):
    Noisy.heard.clear()
    out = []
    def called(m):
        Noisy.heard.append(m.span())
        return "<>"
    values = ["", "-", r"[\\1]", r"\\g<x>", Text("-"), called, "\\\\", r"\\7", b"-", 5, "\u1234"]
    for i in range(n):
        p, s, by = PATTERNS[i // 50 % 3], SUBJECTS[i // 5 % len(SUBJECTS)], values[i // 3 % len(values)]
        for k in range(2):
            try:
                out.append((p.sub(by, s), p.sub(by, s, 1), p.subn(by, s)))
            except (TypeError, re.error, IndexError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
    return out, [x for x in Noisy.heard if x != "hash"]

def groups(n):
    Noisy.heard.clear()
    out = []
    found = [PATTERNS[0].match(s) for s in ("aab", "a", Text("aaab"))] + [PATTERNS[1].match(s) for s in (b"aab", bytearray(b"ab"), Buffer())]
    for i in range(n):
        m, g = found[i // 9 % len(found)], GROUPS[i % len(GROUPS)]
        for k in range(2):
            try:
                out.append((m.group(), m.groups(), m.groups(g) if type(g) is int else 0, m.groups("none"), m.group(1, 2), m.group(1, 2, 0)))
                out.append((m.lastgroup, m.lastindex, m[0], m[1], m["x"], m[g]))
            except (IndexError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            try:
                out.append((m.group(g), m.group(g, 1), m.group(1, g), m.start(g), m.end(g), m.span(g)))
            except (IndexError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        none = m.groups(Noisy(i))
        out.append((len(none), len(Noisy.heard)))
        none = None
        out.append(len(Noisy.heard))
    return out, [x for x in Noisy.heard if x != "hash"]

def ends(n):
    # A match keeps what was searched; where it goes that may end with it.
    Noisy.heard.clear()
    out = []
    match = PATTERNS[0].match
    for i in range(n):
        m = match("aab" if i % 7 else Text("aab"))
        out.append((m.end(), len(Noisy.heard)))
        m = match(Text("aa"), 1) or m
        out.append((m.end(), len(Noisy.heard), sys.getrefcount(m)))
        match("a")
        out.append(match("b"))
        def inner():
            m = match("ab" if i % 5 else Text("ab"))
            return m.end()
        out.append((inner(), len(Noisy.heard)))
    return out

def bound(n):
    Noisy.heard.clear()
    out = []
    class List(list):
        def append(self, x): Noisy.heard.append(x)
    class Dict(dict):
        def __missing__(self, k): return k
    l, other, d, s = [], List(), {"a": 1, "b": [2]}, set()
    methods = [l.append, [].append, other.append, list(other).append, Noisy.heard.append, print.__class__, l.append,
               PATTERNS[0].match, PATTERNS[1].match, "".join, "-".join, d.get, Dict(a=3).get, s.add, l.insert, l.extend, d.pop,
               s.discard, repr, lambda x: (x, 1), "x".startswith, "".startswith, l.copy, d.setdefault, s.__contains__, {}.fromkeys]
    values = ["a", 1, ("x", "y"), [1], Key(), Text("a"), None]
    for i in range(n):
        f, v = methods[i // 8 % len(methods)], values[i % len(values)]
        for k in range(2):
            try:
                out.append(show(f(v)))
                out.append(show(f(v, i)))
            except (TypeError, ValueError, KeyError) as error:
                out.append((type(error), error.__traceback__.tb_lineno))
        del l[5:]
        out.append((len(l), len(other), len(d), len(s)))
        if i % 3 == 0:
            # The method is the last to hold what it binds.
            f = [Noisy(i)].append
            f(Noisy(i))
            out.append(len(Noisy.heard))
            f = [5].pop
            out.append((f(), len(Noisy.heard)))
            f = None
            out.append(len(Noisy.heard))
    return [repr(x) for x in out if "at 0x" not in repr(x)], [x for x in Noisy.heard if type(x) is int]

print(patterns(420), substitutes(360), groups(220), ends(200), bound(500), sep="\\n")
"""


class MethodsOfRe(ForcedExits, OptimizedLoops, unittest.TestCase):
    program = PROGRAM
    expected_loops = LOOPS


class Signals(unittest.TestCase):
    PROGRAM = textwrap.dedent("""
        import re, signal, sys, time

        class Stop(Exception): pass

        def stop(number, frame):
            seen.append(frame.f_code.co_name)
            raise Stop

        def search(subjects):
            match, i = re.compile("(a+)+b").match, -1
            try:
                for i, s in enumerate(subjects):
                    match(s)
            except Stop:
                return i
            return "through"

        seen = []
        signal.signal(signal.SIGALRM, stop)
        for k in range(3):
            search(["a"] * 500)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            print(search(["a"] * 500 + ["a" * 60]), seen)
        print(sys._jit.stats()["traces"] > 0 if hasattr(sys, "_jit") and sys._jit.is_enabled() else True)
    """)

    def test_search_is_interrupted(self):
        # It would take years.
        for settings in {"PYTHON_JIT": "0"}, {"PYTHON_JIT_BACKEND": "interpreter"}, {"PYTHON_JIT_BACKEND": "native"}:
            with self.subTest(**settings):
                expected = "".join(f"500 {['search'] * k}\n" for k in (1, 2, 3)) + "True\n"
                self.assertEqual(run(self.PROGRAM, **settings), expected)


if __name__ == "__main__":
    unittest.main()
