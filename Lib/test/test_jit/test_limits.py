"""Numbers that machine code has no room for, and memory that there is not."""

import importlib.util
import json
import os
import re
import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# Classes whose versions have 32 bits, and some that just have 31.
VERSIONS = """
import _testcapi, json, sys
class C:
    value = 3
    def __init__(self, x=1): self.x = x
    def method(self): return self.x
    @property
    def getter(self): return self.x + 1
    def __getitem__(self, i): return i
class S(C):
    __slots__ = "y"
    def method(self): return super().method() + 1
def f(n, c, s):
    t = 0
    s.y = 5
    for i in range(n):
        c.x = i
        t += c.x + c.method() + c.getter + c[i] + c.value + C.value + s.y + s.method() + C(i).x
    return t
c, s, kept = C(), S(), []
for version in VERSIONS:
    _testcapi.type_assign_specific_version_unsafe(C, version)
    _testcapi.type_assign_specific_version_unsafe(S, version + 1)
    kept.append(g := type(f)(f.__code__.replace(), globals()))
    print(g(300, c, s), g(200, c, s))
print(json.dumps(sys._jit._ir_traces()))
"""

# Functions come and go under the smallest limit, before and after a fork; what is held is looked at all the time.
MEMORY = """
import os, sys

keep = []
worst = {}

def executable():
    # Bytes of machine code in memory, as the system counts them.
    held = 0
    with open("/proc/self/smaps") as maps:
        code = False
        for line in maps:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                code = words[1] == "r-xs"
            elif code and words[0] == "Rss:":
                held += int(words[1]) << 10
    return held

def work(name, first, count):
    hot = keep[-60:]
    for k in range(first, first + count):
        space = {}
        exec(f'''def hot(n):
            total = {k}
            for i in range(n):
                total += i * {k} - len(str(i))
                if i & 1: total += {k}
            return total
        ''', space)
        keep.append(space["hot"])
        assert space["hot"](60) == k + sum(i * k - len(str(i)) + (i & 1) * k for i in range(60))
        if k % 9 == 0:
            for f in hot: f(3)
        stats = sys._jit.stats()
        assert not sys._jit.unavailable_reason()
        note(name, stats["code_pages_bytes"] + stats["metadata_bytes"])
        if k % 50 == 0:
            note(name + " not counted", executable() - stats["code_pages_bytes"])

def note(name, size):
    worst[name] = max(worst.get(name, -1 << 30), size)

work("before", 0, 700)
read, write = os.pipe()
child = os.fork()
work("after", 1000, 700)
made = sys._jit.stats()["traces_loop"]
work("after", 2000, 300)
made = sys._jit.stats()["traces_loop"] - made
message = f"{worst} {made > 200} {sys._jit.stats()['evictions'] > 0}"
if child == 0:
    os.write(write, message.encode())
    os._exit(0)
os.close(write)
other = b""
while part := os.read(read, 4096):
    other += part
os.waitpid(child, 0)
print(message)
print(other.decode())
"""


# Is machine code in a mapping that can be written to?  While traces are made; after a rest, with calls from C that leave their traces;
# and when there is another trace.
VIEWS = """
import sys, time

def views():
    with open("/proc/self/maps") as maps:
        return sum(line.split()[1] == "rw-s" and "zero" in line for line in maps)

def traced(name):
    before = sys._jit.stats()["traces_loop"]
    space = {}
    exec(f"def {name}(n):\\n total = 0\\n for i in range(n): total += i\\n return total", space)
    assert space[name](30000) == sum(range(30000))
    assert sys._jit.stats()["traces_loop"] > before
    return space[name]

hot = traced("first")
print(views())
for k in range(4):
    time.sleep(0.11)
    [*map(hot, [9] * 200)]
print(views())
print(traced("second")(100), hot(100), views())
"""


class LimitTests(unittest.TestCase):
    @unittest.skipUnless(importlib.util.find_spec("_testcapi"), "needs _testcapi")
    def test_versions_of_32_bits(self):
        # As the program gives them they are signed.
        versions = [2**31 - 3, -(2**31) + 1, -5]
        program = VERSIONS.replace("VERSIONS", repr(versions))
        expected = run(program, PYTHON_JIT="0").splitlines()[:-1]
        for backend in ("interpreter", "native"):
            with self.subTest(backend):
                *found, traces = run(program, PYTHON_JIT_BACKEND=backend).splitlines()
                self.assertEqual(found, expected)
                numbers = [int(n) for text in json.loads(traces) for n in re.findall(r" aux (\d+)", text)]
                self.assertGreater(max(numbers), 2**30)  # the ones with 31 bits are checked
                self.assertLess(max(numbers), 2**31)

    @unittest.skipUnless(hasattr(os, "fork") and os.path.exists("/proc/self/smaps"), "needs fork and /proc")
    def test_memory_that_is_held_is_counted(self):
        out = run(
            MEMORY, PYTHON_JIT_BACKEND="native", PYTHON_JIT_MEMORY_LIMIT="1", PYTHON_JIT_LOOP_THRESHOLD="10"
        )
        for line in out.splitlines():
            with self.subTest(line):
                worst, _, rest = line.partition("}")
                self.assertEqual(rest, " True True")
                for size in map(int, re.findall(r"'(?:before|after)': (-?\d+)", worst)):
                    # Room is made above seven eighths; then comes one trace more.
                    self.assertLess(size, (1 << 20) * 7 // 8 + (32 << 10))
                for size in map(int, re.findall(r"not counted': (-?\d+)", worst)):
                    self.assertLessEqual(size, 0)
        self.assertEqual(len(out.splitlines()), 2)

    @unittest.skipUnless(os.path.exists("/proc/self/maps"), "needs /proc")
    def test_code_cannot_be_written_to_after_a_rest(self):
        thresholds = {f"PYTHON_JIT_{name}_THRESHOLD": "60000" for name in ("CALL", "EXIT")}
        out = run(VIEWS, PYTHON_JIT_BACKEND="native", **thresholds)
        self.assertEqual(out.splitlines(), ["1", "0", "4950 4950 1"])


if __name__ == "__main__":
    unittest.main()
