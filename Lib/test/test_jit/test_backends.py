"""Machine code, the trace-IR interpreter and a model in Python run the same random traces.

JIT_RANDOM_TRACES=N in the environment tries N of them (default 400); JIT_RANDOM_SEED=S begins at seed S.
"""

import os
import sys
import unittest

from test.test_jit.random_traces import SLOTS, Trace

if not hasattr(sys, "_jit") or not hasattr(sys._jit, "_ir_run"):
    raise unittest.SkipTest("this python was built without the JIT")

COUNT = int(os.environ.get("JIT_RANDOM_TRACES", "400"))
FIRST = int(os.environ.get("JIT_RANDOM_SEED", "1"))


def code_with_locals(count):
    space = {}
    exec("def f():\n" + "".join(f"    x{i} = {i}\n" for i in range(count)), space)
    return space["f"].__code__


CODE = code_with_locals(SLOTS)


def backends():
    options = sys._jit.options()
    native = options["backend"] == "native" and sys._jit.is_available()
    return ["interpreter", *(["native"] if native else [])]


def shown(outcome):
    # repr: -0.0 is not 0.0, 1 is not 1.0, and every nan is the same.
    return outcome[0], [repr(value) for value in outcome[1]]


class RandomTraces(unittest.TestCase):
    def test_random_traces(self):
        exits = set()
        for seed in range(FIRST, FIRST + COUNT):
            trace = Trace(seed)
            self.assertIsNone(sys._jit._ir_verify(trace.text), f"seed {seed}\n{trace.text}")
            expected = shown(trace.run())
            exits.add(expected[0])
            counts = [sys.getrefcount(value) for value in trace.args if isinstance(value, float)]
            for backend in backends():
                outcome = shown(sys._jit._ir_run(trace.text, CODE, trace.args, backend))
                self.assertEqual(outcome, expected, f"seed {seed}, {backend}\n{trace.text}")
            after = [sys.getrefcount(value) for value in trace.args if isinstance(value, float)]
            self.assertEqual(after, counts, f"seed {seed}: reference counts\n{trace.text}")
        if COUNT >= 400:
            self.assertGreater(len(exits), 20)


def trace_with_values(count):
    """All of `count` values are live at once: each is made before the first is used."""
    lines = ["  START", "  v1:object = LOAD_SLOT", "  v2:i64 = UNBOX_INT v1 -> s0", "  BYTECODE NOP 0 @ c0:0"]
    lines += [f"  v{i + 1}:i64 = IXOR v{i}, {i}" for i in range(2, count + 2)]
    lines += [f"  v{count + i + 1}:i64 = IXOR v{i}, v{count + i}" for i in range(2, count + 2)]
    lines += ["  EXIT -> s1", "  snap s0: deopt c0:0 first"]
    lines += [f"  snap s1: end c0:0 [c0:0 sp {SLOTS} x1=v{2 * count + 2}]"]
    return "\n".join(["code c0 many.py:1 f", "trace:", *lines]) + "\n"


class RunTests(unittest.TestCase):
    def test_many_values(self):
        for count in (5, 6, 7, 14, 50, 100):
            outcomes = [
                sys._jit._ir_run(trace_with_values(count), CODE, (1234567,), name)[:2] for name in backends()
            ]
            self.assertEqual(outcomes, outcomes[:1] * len(outcomes), count)

    @unittest.skipUnless("native" in backends(), "the interpreter has no limit")
    def test_too_many_values_are_the_trace_s_problem(self):
        with self.assertRaises(RuntimeError):
            sys._jit._ir_run(trace_with_values(300), CODE, (1,), "native")
        self.assertTrue(sys._jit.is_available())

    def test_refuses_what_it_cannot_run(self):
        trace = (
            "code c0 f.py:1 f\ntrace:\n  START\n  OPAQUE NOP 0 @ c0:0\n  EXIT -> s1\n  snap s1: end c0:1\n"
        )
        with self.assertRaisesRegex(ValueError, "bytecode"):
            sys._jit._ir_run(trace, CODE, (), "interpreter")
        with self.assertRaisesRegex(ValueError, "backend"):
            sys._jit._ir_run(trace, CODE, (), "both")


if __name__ == "__main__":
    unittest.main()
