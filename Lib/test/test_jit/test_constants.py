"""Constants of classes that die while a trace is recorded that the builder would look at.

They are so large that their memory goes back to the system at once (for glibc, as UNMAPPED says): whoever
looks at them then crashes.
"""

import json
import sys
import unittest

from test.test_jit.test_objects import names
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# In iteration K, one after the other of those around the recorded one, the class gives up what was loaded
# from it.
PRELUDE = """
import sys
def large():
    return bytes(1 << 20)
def replaced(source, count):
    for k in range(count):
        namespace = {"large": large}
        exec(source.replace("COUNT", str(count)).replace("K", str(k)), namespace)
        print(namespace["f"](), end=" ")
"""

# The value of LOAD_ATTR_CLASS.
OF_A_CLASS = '''
replaced("""
class C:
    value = large()
def f():
    t = 0
    for i in range(COUNT):
        x = C.value
        x = None
        if i == K: C.value = large()
        t += i
    return t
""", 60)
'''

# Of an instance, a method, a getter, an `__init__`.
OF_AN_INSTANCE = '''
replaced("""
class C:
    value = large()
    other = large()
    def method(self): return 1
    @property
    def getter(self): return 2
    def __getitem__(self, i): return i
class Made:
    def __init__(self, i): self.i = i
def f():
    t = 0
    c = C()
    for i in range(COUNT):
        x = c.value
        x = c.other
        x = None
        t += c.method() + c.getter + c[i] + Made(i).i
        if i == K:
            C.value = large()
            C.method = lambda self: 3
            C.getter = property(lambda self: 4)
            C.__getitem__ = lambda self, i: -i
            Made.__init__ = lambda self, i: setattr(self, 'i', 5)
    return t
""", 60)
'''

# A side trace begins with a constant that memory has lost when it is built.
OF_AN_EXIT = '''
replaced("""
class C:
    value = large()
def f():
    t = 0
    for i in range(200):
        x = C.value
        if i & 1:
            t += 1
        else:
            x = None
            if i >> 1 == K: C.value = large()
            t += 2
    return t
""", 90)
'''

# The same of what the loop's head knew to be in memory: of a local, of an attribute.
OF_A_HEAD = '''
replaced("""
class C:
    value = large()
class Owner:
    pass
def f(owner=Owner()):
    t = 0
    x = y = owner.x = None
    for i in range(500):
        if i % 5:
            x = C.value
            owner.x = x
            list(map(int, ()))
        else:
            y = x
            z = owner.x
            list(map(int, ()))
            t += y is z
            x = y = z = owner.x = None
            if i // 5 == K: C.value = large()
        t += 1
    return t
""", 90)
'''

# A side trace with a loop of its own: that of the old trace, whose class has something else now.
OF_AN_OLD_LOOP = '''
replaced("""
class C:
    value = large()
def f():
    a = b = 0
    for i in range(400):
        if i > 2 * K + 40 and i & 1:
            b += 1
        else:
            x = C.value
            x = None
            a += 1
        if i == K + 35: C.value = large()
    return a, b
""", 60)
'''

UNMAPPED = {"MALLOC_MMAP_THRESHOLD_": "65536"}


class ConstantsTests(unittest.TestCase):
    def check(self, program, **settings):
        expected = run(PRELUDE + program, PYTHON_JIT="0")
        for backend in ("interpreter", "native"):
            with self.subTest(backend=backend, **settings):
                self.assertEqual(
                    run(PRELUDE + program, PYTHON_JIT_BACKEND=backend, **UNMAPPED, **settings), expected
                )

    def test_value_of_a_class_dies(self):
        self.check(OF_A_CLASS)
        self.check(OF_A_CLASS, PYTHON_JIT_STRESS="1")

    def test_what_instances_have_from_their_class_dies(self):
        self.check(OF_AN_INSTANCE)
        self.check(OF_AN_INSTANCE, PYTHON_JIT_STRESS="1")

    def test_constant_of_an_exit_dies(self):
        self.check(OF_AN_EXIT)
        self.check(OF_AN_EXIT, PYTHON_JIT_STRESS="1")

    def test_constant_of_a_head_dies(self):
        self.check(OF_A_HEAD)
        self.check(OF_A_HEAD, PYTHON_JIT_STRESS="1")

    def test_constant_of_an_old_loop_dies(self):
        self.check(OF_AN_OLD_LOOP)


class OldLoopTests(unittest.TestCase):
    def test_value_of_a_class_in_an_old_loop(self):
        # The class is as it was: the loop of the side trace has the constant.
        program = """
import json, sys
class C:
    step = 3
def f(n):
    a = b = 0
    for i in range(n):
        if i + 2 & 3: a += C.step
        else: b += i
    return a, b
print(f(2000))
print(json.dumps(sys._jit._ir_traces()))
"""
        answer, traces = run(program).splitlines()
        self.assertEqual(answer, str((4500, sum(range(2, 2000, 4)))))
        found = [names(text) for text in json.loads(traces) if " f\n" in text and "START_SIDE" in text]
        own = [trace[trace.index("PHI") :] for trace in found if "LOOP" in trace and "PHI" in trace]
        self.assertTrue(any("OPAQUE" not in loop for loop in own), found)


if __name__ == "__main__":
    unittest.main()
