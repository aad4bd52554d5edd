"""The form of tier 1, and what must hold in each of them: tail calls, computed gotos, switch."""

import _opcode_metadata
import sys
import threading
import unittest

FORMS = ("tail calls", "computed gotos", "switch")


class DispatchTests(unittest.TestCase):
    def setUp(self):
        self.enabled = sys._jit.is_enabled()

    def test_the_form_is_told(self):
        self.assertIn(sys._jit.dispatch(), FORMS)

    def test_unknown_opcode(self):
        """Not a crash, and the frame is left as by any exception."""
        code = (lambda: None).__code__
        unused = next(n for n in range(119, 149) if n not in _used_opcodes())
        bad = code.replace(co_code=code.co_code[:2] + bytes([unused, 0]))
        try:
            exec(bad)
        except SystemError as error:
            self.assertIn(f"unknown opcode {unused}", str(error))
            self.assertIs(error.__traceback__.tb_next.tb_frame.f_code, bad)
        else:
            self.fail("an opcode that is not there was run")

    def test_deep_recursion_of_loops(self):
        """Each call from C begins a loop of its own, on the C stack; they all end where they began."""

        class Deep:
            def __init__(self, depth):
                self.depth = depth

            def __len__(self):
                return len(Deep(self.depth - 1)) + 1 if self.depth else 0

        self.assertEqual(len(Deep(200)), 200)
        with self.assertRaises(RecursionError):
            len(Deep(10**6))
        self.assertEqual(len(Deep(100)), 100)

    def test_no_stack_is_taken_by_a_long_run(self):
        """A call that is not a jump would take a little of the C stack for every instruction."""
        def run():
            total = 0
            for i in range(300_000):
                total += i if i & 1 else -i
            results.append(total)

        sys._jit.set_enabled(False)
        self.addCleanup(sys._jit.set_enabled, self.enabled)
        results = []
        old = threading.stack_size(256 * 1024)
        self.addCleanup(threading.stack_size, old)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.assertEqual(results, [150_000])


def _used_opcodes():
    return {*_opcode_metadata.opmap.values(), *_opcode_metadata._specialized_opmap.values()}


if __name__ == "__main__":
    unittest.main()
