"""What is told of lines, and where events are handled that are pending.

The same streams as without a JIT, in order and complete.
"""

import json
import re
import unittest

# Skips where there is no JIT.
from test.test_jit.test_typed import run

PROGRAMS = """
import gc, sys

on = lambda i: None     # tracing is switched on in there

def three_lines(n, k):
    t = 0
    for i in range(n):
        on(i)
        t += (
            i
            if i != k else
            -i
        )
    return t

def raises(n, k):
    t = 0
    for i in range(n):
        try:
            if i == k:
                raise ValueError
            t += 1
        except ValueError:
            t += 2
        on(i)
    return t

def leaf(i, k):
    if i == k:
        i += 1
        return i
    return 0

def middle(i, k):
    x = leaf(i, k)
    if x:
        x += 2
    return (
        x
        +
        1
    )

def calls(n, k):
    t = 0
    for i in range(n):
        t += (
            middle(i, k)
            + leaf(i, k + 1)
        )
        on(i)
        if i == k:
            t += 5
        else:
            t += 1
    return t

def continues(n, k):
    t = i = 0
    while i < n:
        i += 1
        if i % 7 == 3:
            continue
        on(i)
        for j in range(3):
            if j == 1:
                continue
            if i == k:
                t += 7
        t += 2
    return t

def yields(n, k):
    for i in range(n):
        if i == k:
            yield -1
        yield i

def takes(n, k):
    t = 0
    for x in yields(n, k):
        if x < 0:
            t -= 1
        t += x
        on(x)
    return t

class Thing:
    def __init__(self, x):
        self.x = x
        if x == 201:
            self.x = 1
    @property
    def y(self):
        if self.x == 202:
            return 1
        return self.x

def things(n, k):
    t = 0
    for i in range(n):
        thing = Thing(i)
        t += thing.y
        if thing.x == k:
            t += 1
        on(i)
    return t

def comprehends(n, k):
    t = 0
    for i in range(n // 4):
        t += len([j
                  for j in range(6)
                  if j != 3
                  if i != k or
                  j < 4])
        on(i)
    return t

def returns(n, k):
    for i in range(n):
        if leaves_early(i, k):
            break
    return i

def leaves_early(i, k):
    for j in range(3):
        if i == k:
            return True
        on(i)

FUNCTIONS = [
    [three_lines], [raises], [calls, middle, leaf], [continues], [takes, yields],
    [things, Thing.__init__, Thing.y.fget], [comprehends], [returns, leaves_early],
]
CALLS = (300, -1), (300, -1), (300, 200), (300, 201), (300, 40), (300, 150)

def line_of(code, line):
    return f"{code.co_name}:{line - code.co_firstlineno}"
"""

# Events of lines, each of which is switched off when it comes but for one, which is another one in each turn.
MONITORED = (
    PROGRAMS
    + """
monitoring = sys.monitoring
LINE = monitoring.events.LINE

def streams(names, warm):
    lines = 0
    keep = None
    while True:
        space = {}              # fresh code each time, or nothing is cold
        exec(SOURCE, space)
        functions = next(f for f in space["FUNCTIONS"] if f[0].__name__ == names)
        codes = [f.__code__ for f in functions]
        places = sorted({line_of(c, line) for c in codes for _, _, line in c.co_lines() if line})
        if lines > len(places):
            return
        keep = places[lines - 1] if lines > 0 else None
        lines += 1
        stream = []
        def note(code, line):
            stream.append(line_of(code, line))
            return None if stream[-1] == keep else monitoring.DISABLE
        if warm:
            functions[0](300, -1)
        monitoring.register_callback(3, LINE, note)
        for code in codes:
            monitoring.set_local_events(3, code, LINE)
        for arguments in CALLS:
            stream.append(functions[0](*arguments))
        monitoring.restart_events()
        stream.append(functions[0](*CALLS[0]))
        for code in codes:
            monitoring.set_local_events(3, code, 0)
        yield keep, stream

monitoring.use_tool_id(3, "test")
for functions in FUNCTIONS:
    for warm in False, True:
        for keep, stream in streams(functions[0].__name__, warm):
            print(warm, keep, *stream)
"""
)

TRACED = (
    PROGRAMS
    + """
def trace(frame, event, _):
    if frame.f_code.co_filename == "<programs>":
        stream.append(event + " " + line_of(frame.f_code, frame.f_lineno))
        return trace

def switch_on(i):
    if i == at:
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename == "<programs>":
            frame.f_trace = trace
            frame = frame.f_back
        sys.settrace(trace)
    elif i == at + 40:
        sys.settrace(None)

space = {}
exec(compile(SOURCE, "<programs>", "exec"), space)
space["on"] = switch_on
for functions in space["FUNCTIONS"]:
    for at in 70, 71, 150, 240:
        for arguments in CALLS[1:4]:
            stream = []
            result = functions[0](*arguments)
            sys.settrace(None)
            print(functions[0].__name__, result, *stream)
"""
)

# The collector becomes pending between the outer loop's jump and the inner loop: it runs at the next jump.
# What the JIT makes does not make it run earlier.
COLLECTED = """
import gc, sys

def note(phase, info):
    global frame           # kept: one that nobody has is dropped, and the collector counts objects
    if phase == "start":
        frame = sys._getframe(1)
        seen.append((frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals["i"], frame.f_locals["j"]))

def tested_first(n, items, kept):
    t = 0
    for i in range(n):
        kept[i] = items[0:3]
        for j in items:
            t += j
            t += 1
    return t

def tested_again(n, items, kept):
    t = i = 0
    while i < n:
        i += 1
        kept[i - 1] = items[0:3]
        j = 0
        while j < 4:
            j += 1
            if j == 2:
                continue
            t += j
    return t

i = j = 0
gc.disable()
for f in tested_first, tested_again:
    seen = []
    gc.callbacks.append(note)
    gc.set_threshold(37, 0, 0)
    gc.enable()
    f(3000, [3, 4, 5], [None] * 3000)
    gc.disable()
    gc.callbacks.clear()
    print(f.__name__, *seen)
"""

# The jump of a long loop has a prefix, on which the event of its line stands.
LONG = """
import sys

lines = "".join(f"        t = (t * 3 + k + t // 7) % 1000003 + {i}\\n" for i in range(40))
exec(f'''
def drive(n, at):
    t = k = 0
    while True:
        if k >= n: break
        k += 1
        if k == at:
            sys.settrace(tracer)
            sys._getframe().f_trace = tracer
{lines}
    sys.settrace(None)
    return t
''')
seen = []
def tracer(frame, event, arg):
    seen.append(frame.f_lineno)
    return tracer

for n, at in (900, 10_000), (900, 20), (900, 400):
    seen.clear()
    print(drive(n, at), len(seen), seen.count(4))
"""

SETTINGS = (
    {"PYTHON_JIT_BACKEND": "native", "PYTHON_JIT_LOOP_THRESHOLD": "50", "PYTHON_JIT_EXIT_THRESHOLD": "5"},
    {"PYTHON_JIT_BACKEND": "native", "PYTHON_JIT_STRESS": "1"},
    {"PYTHON_JIT_BACKEND": "interpreter", "PYTHON_JIT_STRESS": "1"},
    {"PYTHON_JIT_STRESS": "1", "PYTHON_JIT_TYPED": "0"},
)


class EventTests(unittest.TestCase):
    def check(self, program):
        program = f"SOURCE = {PROGRAMS!r}\n{program}"
        expected = run(program, PYTHON_JIT="0").splitlines()
        for settings in SETTINGS:
            with self.subTest(**settings):
                found = run(program, **settings).splitlines()
                different = [(x[:300], y[:300]) for x, y in zip(expected, found, strict=True) if x != y]
                self.assertEqual(different[:3], [])

    def test_lines_are_told_once_behind_an_exit(self):
        self.check(MONITORED)

    def test_lines_are_told_when_tracing_begins_in_a_trace(self):
        self.check(TRACED)

    def test_lines_are_told_where_the_jump_of_a_loop_has_a_prefix(self):
        self.check(LONG)

    def test_an_event_is_handled_where_control_is(self):
        self.check(COLLECTED)


ARRIVES = """
import gc
class K:
    def __init__(self, k): self.k = k
    def __hash__(self):
        return hash([self.k][0])         # makes a list: a collection may be pending
def unique(items):
    return {x for x in items}
def run(n):
    lists = [[1, 2.5, "a"] * 3, [K(1), 2, K(3), K(1), 5] * 3, [K(i) for i in range(9)], [1, K(2)] * 9]
    gc.collect()
    gc.set_threshold(1)
    try:
        return [len(unique(lists[i * i % 4 if i % 7 else 3])) for i in range(n)]
    finally:
        gc.set_threshold(700)
print(run(400))
"""


class ArrivalTests(unittest.TestCase):
    def test_the_stack_is_that_of_the_place(self):
        # A side trace whose last instruction is opaque arrives at a loop, and leaves there for an event.
        program = ARRIVES + "import json, sys; print(json.dumps(sys._jit._ir_traces()))"
        expected = run(ARRIVES, PYTHON_JIT="0")
        for backend in "native", "interpreter":
            with self.subTest(backend):
                settings = {"PYTHON_JIT_LOOP_THRESHOLD": "12", "PYTHON_JIT_EXIT_THRESHOLD": "3"}
                out = run(program, PYTHON_JIT_BACKEND=backend, **settings)
                self.assertEqual(out.splitlines()[0], expected.strip())
                places = {}
                for text in json.loads(out.splitlines()[1]):
                    codes = dict(re.findall(r"code (c\d+) (.*)", text))
                    for code, offset, sp in re.findall(r"snap s\d+: event .*\[(c\d+):(\d+) sp (\d+)[^\[]*$", text, re.M):
                        places.setdefault((codes[code], offset), set()).add(sp)
                self.assertGreater(len(places), 1)
                self.assertEqual([place for place in places.items() if len(place[1]) > 1], [])


if __name__ == "__main__":
    unittest.main()
