"""What happens around a recording: who records, who waits, and what a recording keeps alive."""

import textwrap
import unittest

from test.support import import_helper
from test.support.script_helper import assert_python_ok

import_helper.import_module("_testcapi")

LOW = {"PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "4", "PYTHON_JIT_CALL_THRESHOLD": "4", "PYTHON_JIT_EXIT_THRESHOLD": "2"}


def run(program, *options, **env):
    """Run `program` with the JIT on, and return what it printed."""
    out = assert_python_ok(*options, "-c", textwrap.dedent(program), **({"PYTHON_JIT": "1"} | env))[1]
    return out.decode().splitlines()


# A loop that becomes hot where `wait` is called, and the recording of which lasts until that returns.
WAITING_LOOP = """
    import _opcode, sys, threading, time

    def waiting_loop(n, wait):
        total = 0
        for i in range(n):
            total += i
            if i > 3:
                wait(i)
            total ^= 1
        return total

    def is_compiled(function):
        code = function.__code__
        for offset in range(0, len(code.co_code), 2):
            try:
                _opcode.get_executor(code, offset)
            except (ValueError, RuntimeError):
                continue
            return True
        return False

    def another_loop(n):
        total = 0
        for i in range(n):
            total += i * 3
        return total

    def compile_another():
        end = time.monotonic() + 60
        while not is_compiled(another_loop):
            another_loop(100)
            if time.monotonic() > end:
                return False
        return True
"""


class WhoRecords(unittest.TestCase):
    def test_a_recording_that_waits_for_a_lock_gives_way(self):
        out = run(WAITING_LOOP + """
    held, waits = threading.Lock(), threading.Event()
    held.acquire()
    def wait(i):
        waits.set()
        with held:
            pass
    results = []
    thread = threading.Thread(target=lambda: results.append(waiting_loop(2000, wait)))
    thread.start()
    waits.wait()
    print(compile_another())
    held.release()
    thread.join()
    print(results == [waiting_loop(2000, lambda i: None)])
        """, **LOW)
        self.assertEqual(out, ["True", "True"])

    def test_a_recording_that_waits_for_python_called_by_c_gives_way(self):
        # The loop comes back to its next instruction while another recording is at hand, or another one has been.
        out = run(WAITING_LOOP + """
    done = []
    def key(item):
        if not done:
            done.append(compile_another())
        return item
    def wait(i):
        [i, i + 1].sort(key=key)
    print(waiting_loop(2000, wait) == waiting_loop(2000, lambda i: None))
    print(done)
    print(sys._jit.stats()["aborts"]["it waited while others asked"] > 0)
        """, **LOW)
        self.assertEqual(out, ["True", "[True]", "True"])

    def test_a_recording_of_a_lost_thread_gives_way_after_fork(self):
        out = run(WAITING_LOOP + """
    import os, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    held, waits = threading.Lock(), threading.Event()
    held.acquire()
    def wait(i):
        waits.set()
        with held:
            pass
    thread = threading.Thread(target=lambda: waiting_loop(100, wait))
    thread.start()
    waits.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if compile_another() else 1)
    print(os.waitpid(child, 0)[1])
    held.release()
    thread.join()
        """, **LOW)
        self.assertEqual(out, ["0"])

    def test_threads_that_compute_in_c_do_not_make_a_loop_rare(self):
        out = run(WAITING_LOOP + """
    import hashlib

    stop = False
    def in_c():
        while not stop:
            hashlib.pbkdf2_hmac("sha256", b"p", b"s", 20000)

    def loop(n):
        total = 0
        for i in range(n):
            total = total * 3 + i * 5 - (total & i) + (i ^ 7)      # enough to be worth a trace
            total &= 0xffff
            time.sleep(0.002)

    thread = threading.Thread(target=in_c)
    thread.start()
    loop(150)
    stop = True
    thread.join()
    print(is_compiled(loop))
        """, "-X", "jit-min-rate=1000", PYTHON_JIT_LOOP_THRESHOLD="100")
        self.assertEqual(out, ["True"])

    def test_without_memory_every_instruction_runs_once(self):
        # Where a recording ends before it has begun, the instruction that asked for it is not to ask again at once.
        out = run("""
    import _testcapi

    def called(i):
        return i + 1

    def loop(n):
        total = 0
        for i in range(n):
            total += called(i)
            while total & 1:
                total += 1
        return total

    completed = 0
    for start in range(1, 60):
        _testcapi.set_nomemory(start, 0)
        try:
            loop(3)
            loop(3)
            completed += 1
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
    print(loop(1000), completed > 0)
        """, PYTHON_JIT_STRESS="1")
        expected = run("""
    def loop(n):
        total = 0
        for i in range(n):
            total += i + 1
            while total & 1:
                total += 1
        return total
    print(loop(1000))
        """)
        self.assertEqual(out, [f"{expected[0]} True"])


class WhatItKeepsAlive(unittest.TestCase):
    """An object that a recorded instruction has used ends where it ends in tier 1."""

    def check(self, program):
        program = textwrap.dedent(program)
        off = run(program, PYTHON_JIT="0")
        self.assertIn("end", " ".join(off))
        for env in (LOW, {"PYTHON_JIT_STRESS": "1"}):
            with self.subTest(env):
                self.assertEqual(run(program, **env), off)

    def check_changing_class(self, use, first, end="pass"):
        # The attribute changes once, in an iteration that may be the one that is recorded: `loop` is made anew for each.
        self.check(f"""
            import sys

            class Noisy:
                def __del__(self):
                    events.append("end")
                    {end}

            def trace(frame, event, argument):
                if frame.f_code.co_name == "loop":
                    events.append((event, frame.f_lineno))
                return trace

            def make(noisy):
                def method(self):
                    return noisy
                return method

            SOURCE = '''
            def loop(holder, change):
                for i in range(20):
                    {use}
                    if i == change:
                        events.append("before")
                        Holder.value = None
                        events.append("behind")
            '''

            events = []
            for change in range(20):
                class Holder:
                    value = {first}
                space = {{"Holder": Holder, "events": events}}
                exec(SOURCE, space)
                space["loop"](Holder(), change)
                sys.settrace(None)
            print(*events, sep="\\n")
        """)

    def test_a_getter_of_a_property(self):
        self.check_changing_class(use="i <= change and holder.value", first="property(make(Noisy()))")

    def test_methods_and_what_they_close_over(self):
        self.check_changing_class(use="i <= change and holder.value()", first="make(Noisy())")

    def test_globals_of_a_function(self):
        self.check("""
            from types import FunctionType

            class Noisy:
                def __del__(self):
                    events.append("end")

            code = compile("lambda: noisy", "", "eval").co_consts[0]

            def loop(n):
                for i in range(n):
                    function = FunctionType(code, {"noisy": Noisy()})
                    function()
                    function()
                    events.append(f"before {i}")
                    function = None
                    events.append(f"behind {i}")

            events = []
            loop(40)
            print(*events, sep="\\n")
        """)

    def test_a_finalizer_that_begins_to_trace(self):
        # It runs between two instructions, and the next one is the first that is reported.
        self.check_changing_class(
            use="i <= change and holder.value()", first="make(Noisy())",
            end="sys.settrace(trace); sys._getframe().f_back.f_trace = trace",
        )


if __name__ == "__main__":
    unittest.main()
