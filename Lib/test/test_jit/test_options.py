"""What users are told: help texts, versions, why nothing is compiled, whose line of the log it is."""

import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

# Skips where there is no JIT.
from test.test_jit.test_typed import run

LOOP = """
import sys

def hot(n):
    total = 0
    for i in range(n):
        total += i
    return total

def state():
    jit = sys._jit
    return jit.is_available(), jit.is_enabled(), bool(jit.unavailable_reason()), jit.stats()["traces"] > 0
"""


def output(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


class HelpTests(unittest.TestCase):
    def test_each_option_is_in_both_texts(self):
        options = set(sys._jit.options()) - {"backend"}
        xoptions, variables = output("--help-xoptions"), output("--help-env")
        self.assertIn("-X jit=[on|off]", xoptions)
        for name in options:
            with self.subTest(option=name):
                self.assertIn(f"-X jit-{name.replace('_', '-')}=N: ", xoptions)
                self.assertIn(f"also PYTHON_JIT_{name.upper()}\n", xoptions)
                self.assertIn(f"\nPYTHON_JIT_{name.upper()}: ", variables)
                self.assertIn(f"(-X jit-{name.replace('_', '-')})\n", variables)
        for name in "BACKEND", "LOG", "PASSES_OFF", "STRESS":
            self.assertRegex(variables, rf"(?m)^PYTHON_JIT_{name} *: ")

    def test_names_are_sorted_and_lines_short(self):
        lines = output("--help-xoptions").splitlines()
        names = [line.split("=")[0] for line in lines if line.startswith("-X jit")]
        self.assertGreater(len(names), 5)
        self.assertEqual(names, sorted(names))
        variables = output("--help-env")
        names = re.findall(r"(?m)^PYTHON_JIT\w*", variables[variables.index("These variables") :])
        self.assertEqual(names, sorted(names))
        for line in lines + variables.splitlines():
            self.assertLessEqual(len(line), 79, line)

    def test_default_and_range_are_those_in_force(self):
        # Each option is at its default where nothing is given, and the text names what the program uses.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON_JIT")}
        program = "import sys; print(*sys._jit.options().items(), sep='\\n')"
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        text = output("--help-xoptions")
        for name, value in map(eval, done.stdout.splitlines()):
            if name != "backend":
                where = text[text.index(f"-X jit-{name.replace('_', '-')}=N") :]
                self.assertRegex(where, rf"\A[^\n]*\n +\d+ to \d+, default {value}; also")

    def test_man_page(self):
        page = Path(sysconfig.get_config_var("srcdir") or "", "Misc", "python.man")
        if not sysconfig.is_python_build():
            page = Path(sysconfig.get_config_var("MANDIR"), "man1", "python3.13.1")
        text = page.read_text()
        for words in r"\-X jit=", ".IP PYTHON_JIT\n", ".IP PYTHON_JIT_LOG\n":
            self.assertIn(words, text)


class VersionTests(unittest.TestCase):
    def test_the_fork_is_named(self):
        self.assertRegex(sys._jit.version, r"\A\d+\.\d+\Z")
        self.assertTrue(sys.version.endswith(f"] with tracing JIT {sys._jit.version}"), sys.version)
        self.assertEqual(output("-VV").strip(), f"Python {sys.version}")

    def test_everything_else_is_that_of_cpython(self):
        self.assertEqual(output("-V").strip(), "Python 3.13.5")
        self.assertEqual(sys.implementation.name, "cpython")
        self.assertEqual(sys.implementation.cache_tag, "cpython-313")
        self.assertEqual(platform.python_implementation(), "CPython")
        self.assertEqual(platform.python_version(), "3.13.5")
        self.assertRegex(platform.python_compiler(), r"\A(GCC|Clang) [\w.]+")
        self.assertRegex(sysconfig.get_config_var("EXT_SUFFIX"), r"\A\.cpython-313d?-")


@unittest.skipUnless(sysconfig.get_config_var("PY_HAVE_PERF_TRAMPOLINE"), "no perf trampoline here")
class ReasonTests(unittest.TestCase):
    def run_and_clean(self, program, **settings):
        """What PROGRAM prints after its process, whose files for perf go away."""
        shown = run("import os; print(os.getpid())\n" + program, PYTHON_JIT="1", **settings)
        process, _, shown = shown.partition("\n")
        for path in f"/tmp/perf-{process}.map", f"/tmp/jit-{process}.dump":
            Path(path).unlink(missing_ok=True)
        return shown

    def test_perf_support_is_named(self):
        for variable in "PYTHONPERFSUPPORT", "PYTHON_PERF_JIT_SUPPORT":
            with self.subTest(variable=variable), TemporaryDirectory() as folder:
                log = Path(folder, "log")
                program = LOOP + "print(hot(20000), *state(), sys._jit.unavailable_reason())"
                shown = self.run_and_clean(program, **{variable: "1", "PYTHON_JIT_LOG": str(log)})
                self.assertRegex(shown, r"\A199990000 False False True False perf support is on")
                self.assertRegex(log.read_text(), r"\A\[\d+\] off +perf support is on")

    def test_perf_support_comes_and_goes(self):
        shown = self.run_and_clean(
            LOOP
            + """
hot(20000)
print(*state())
sys.activate_stack_trampoline("perf")
before = sys._jit.stats()["executors"]
hot(20000)
print(*state(), before)
try:
    sys._jit.set_enabled(True)
except RuntimeError as error:
    print("perf support" in str(error))
sys.deactivate_stack_trampoline()
hot(20000)
print(*state(), sys._jit.stats()["executors"] > 0)
"""
        )
        self.assertEqual(
            shown.splitlines(),
            [
                "True True False True",
                "False False True True 0",
                "True",
                "True True False True True",
            ],
        )


# Instructions that the optimizer leaves as they are: one has no rule, one has a rule that does not apply.
OPAQUE = """
import sys, json

def hot(n):
    kept = []
    for i in range(n):
        import json as kept               # IMPORT_NAME
        memoryview(b"ab")                 # a call of C
    return kept

hot(20000)
print(json.dumps(sys._jit.stats()["opaque"]))
"""


class ReasonOfOpaqueTests(unittest.TestCase):
    def test_reasons_are_counted_by_opcode(self):
        counted = json.loads(run(OPAQUE))
        self.assertEqual(list(counted["IMPORT_NAME"]), ["there is no rule"])
        refused = [reason for row in counted.values() for reason in row if reason.startswith("build/")]
        self.assertTrue(refused, counted)
        for reason in refused:
            self.assertRegex(reason, r"\Abuild/\w+\.c:\d+ \w+\Z")
        counted = json.loads(run(OPAQUE, PYTHON_JIT_TYPED="0"))
        self.assertEqual({reason for row in counted.values() for reason in row}, {"traces are not typed"})

    def test_the_log_names_them_at_level_two(self):
        for level, found in ("1", False), ("2", True):
            with self.subTest(level=level), TemporaryDirectory() as folder:
                log = Path(folder, "log")
                run(OPAQUE, PYTHON_JIT_LOG=str(log), PYTHON_JIT_LOG_LEVEL=level)
                lines = [line for line in log.read_text().splitlines() if "] opaque " in line]
                self.assertEqual(bool(lines), found)
                for line in lines:
                    self.assertRegex(
                        line, r"\A\[\d+\] opaque +\S.*:-?\d+ .+ [A-Z_0-9]+: (build/\w+\.c:\d+ |\w+ )"
                    )

    def test_a_mistake_of_the_builder_is_not_taken_for_want_of_memory(self):
        program = LOOP + "sys._jit._ir_spoil(True)\nprint(hot(20000), *sys._jit.stats()['aborts'].items())"
        shown = run(program)
        self.assertIn("199990000 ", shown)
        self.assertRegex(shown, r"\('a rule of the builder is wrong', [1-9]")
        self.assertIn("('out of memory', 0)", shown)


class StartTests(unittest.TestCase):
    def test_it_is_there_while_site_runs(self):
        # What site imports may ask, switch off, and be compiled.
        with TemporaryDirectory() as folder:
            program = LOOP + "hot(10**6)\nasked = state()\nsys._jit.set_enabled(False)\n"
            Path(folder, "sitecustomize.py").write_text(program)
            shown = run(
                "import sys; print(*sys.modules['sitecustomize'].asked, sys._jit.is_enabled())",
                PYTHONPATH=folder,
                PYTHON_JIT="1",
            )
        self.assertEqual(shown.split(), ["True", "True", "False", "True", "False"])


class LogTests(unittest.TestCase):
    FORK = (
        LOOP
        + """
import os
hot(20000)
child = os.fork()
if child == 0:
    exec("def more(n):\\n    for i in range(n): n += 2\\n    return n\\nmore(20000)")
    os._exit(0)
os.waitpid(child, 0)
exec("def last(n):\\n    for i in range(n): n += 2\\n    return n\\nlast(20000)")
print(os.getpid(), child)
"""
    )

    def test_lines_name_their_process(self):
        with TemporaryDirectory() as folder:
            log = Path(folder, "log")
            parent, child = run(self.FORK, PYTHON_JIT="1", PYTHON_JIT_LOG=str(log)).split()
            lines = log.read_text().splitlines()
        self.assertRegex(lines[0], rf"\A\[{parent}\] trace")
        for process, name in (parent, "hot"), (child, "more"), (parent, "last"):
            self.assertEqual(
                {line.split()[0] for line in lines if f" {name} " in line}, {f"[{process}]"}, lines
            )

    def test_a_file_for_each_process(self):
        with TemporaryDirectory() as folder:
            parent, child = run(self.FORK, PYTHON_JIT="1", PYTHON_JIT_LOG=f"{folder}/log-%p.txt").split()
            files = {path.name: path.read_text() for path in Path(folder).iterdir()}
        self.assertEqual(set(files), {f"log-{parent}.txt", f"log-{child}.txt"})
        self.assertIn(" more ", files[f"log-{child}.txt"])
        self.assertNotIn(" more ", files[f"log-{parent}.txt"])
        for process in parent, child:
            for line in files[f"log-{process}.txt"].splitlines():
                self.assertTrue(line.startswith(f"[{process}] "), line)


if __name__ == "__main__":
    unittest.main()
