"""Trace IR as text: each file in traces/ is a test.

A file is a trace, then what is expected of it:

    expect:          the text the trace prints as; it must parse to the same, and verify
    error: MESSAGE   what the parser (it begins with line:column) or the verifier has against it

BLESS=1 in the environment accepts what comes out and rewrites the files, in the source tree if there is one.
"""

import json
import os
import pathlib
import random
import re
import struct
import sys
import unittest

from test.support.script_helper import assert_python_ok

if not hasattr(sys, "_jit") or not hasattr(sys._jit, "_ir_roundtrip"):
    raise unittest.SkipTest("this python was built without the JIT")

FOLDER = pathlib.Path(__file__).parent / "traces"
RULES = 21
BLESS = bool(os.environ.get("BLESS"))


def source_of(path):
    """The file in the source tree that PATH was laid over from, or PATH."""
    for root in path.parents:
        if (root / "upstream.toml").exists():
            source = root / "Lib" / "test" / "test_jit" / "traces" / path.name
            if source.exists():
                return source
    return path


def split(text):
    """The trace, and what is expected: (trace, "expect", text) or (trace, "error", message)."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        kind, colon, rest = line.partition(":")
        if colon and kind in ("expect", "error"):
            trace = "".join(f"{x}\n" for x in lines[:i])
            if kind == "error":
                if any(x.strip() for x in lines[i + 1 :]):
                    raise ValueError(f"line {i + 2}: nothing may follow 'error:'")
                return trace, kind, rest.strip()
            if rest.strip():
                raise ValueError(f"line {i + 1}: nothing may follow 'expect:' on its line")
            return trace, kind, "".join(f"{x}\n" for x in lines[i + 1 :])
    raise ValueError("a trace test needs 'expect:' or 'error:'")


def outcome(trace):
    """What comes out: ("expect", text) or ("error", message)."""
    try:
        text = sys._jit._ir_roundtrip(trace)
        message = sys._jit._ir_verify(trace)
    except ValueError as e:
        return "error", str(e)
    return ("expect", text) if message is None else ("error", message)


def bless(path, trace, kind, result):
    tail = f"expect:\n{result}" if kind == "expect" else f"error: {result}\n"
    source_of(path).write_text(trace + tail, encoding="utf-8")


class TextTests(unittest.TestCase):
    maxDiff = None

    def test_files(self):
        paths = sorted(FOLDER.glob("*.trace"))
        self.assertGreater(len(paths), 20)
        for path in paths:
            with self.subTest(path.name):
                trace, kind, expected = split(path.read_text(encoding="utf-8"))
                got_kind, got = outcome(trace)
                if got_kind == "expect":
                    self.assertEqual(sys._jit._ir_roundtrip(got), got)
                if BLESS and (got_kind, got) != (kind, expected):
                    bless(path, trace, got_kind, got)
                    continue
                self.assertEqual((got_kind, got), (kind, expected))

    def test_every_rule_is_broken_once(self):
        rules = set()
        for path in FOLDER.glob("*.trace"):
            _, kind, expected = split(path.read_text(encoding="utf-8"))
            if kind == "error":
                rules.update(int(n) for n in re.findall(r"\brule (\d+):", expected))
        self.assertEqual(rules, set(range(1, RULES + 1)))

    def test_not_text(self):
        for function in sys._jit._ir_roundtrip, sys._jit._ir_verify:
            with self.assertRaises(TypeError):
                function(b"trace:\n")
            with self.assertRaisesRegex(ValueError, "null character"):
                function("trace:\n\0")


class Writer:
    """Writes a random trace in the canonical form.  It makes sense to the parser only."""

    # name, cache units
    INSTRUCTIONS = (
        ("NOP", 0),
        ("LOAD_FAST", 0),
        ("BINARY_OP_ADD_INT", 1),
        ("FOR_ITER_RANGE", 1),
        ("CALL_PY_EXACT_ARGS", 3),
        ("LOAD_ATTR_INSTANCE_VALUE", 9),
    )
    # The last two share a place where they are packed.
    OPERATIONS = ("NOP", "START", "GUARD_IP", "CHECK_VALID", "LOOP", "EXIT", "EXIT_DYNAMIC", "%744", "%1000")
    KINDS = ("deopt", "branch", "invalid", "end")
    TYPES = ("object", "int", "float", "bool", "i64", "f64", "ip")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.values = 0
        self.ncodes = self.random.randrange(1, 4)
        self.nsnaps = self.random.randrange(0, 12)
        self.kinds = [self.random.choice(self.KINDS) for _ in range(self.nsnaps)]
        # GUARD_IP prints the place of its snapshot
        self.places = ["c0:0" if kind == "branch" else self.place() for kind in self.kinds]

    def chance(self, most=4):
        return self.random.randrange(most) == 0

    def place(self):
        offset = self.random.choice((0, 1, 34, 255, 70000, 2**32 - 1))
        return f"c{self.random.randrange(self.ncodes)}:{offset}"

    def constant(self):
        kind = self.random.choice(("i64", "f64", "bits"))
        if kind == "i64":
            return str(self.random.choice((0, 1, -1, 1000, 2**63 - 1, -(2**63))))
        if kind == "f64":
            return repr(self.random.choice((0.0, -0.0, 1.5, -1e300, 5e-324, self.random.random())))
        bits = self.random.getrandbits(64)
        name = self.random.choice(("object", "int", "float", "bool", "ip", "f64"))
        if name == "f64":
            bits = struct.unpack("<Q", struct.pack("<d", float("nan")))[0] | bits & 0xFFFF
        return f"{name}(0x{bits:x})"

    def value(self):
        if self.values and not self.chance():
            return f"v{self.random.randrange(self.values) + 1}"
        return "%40000" if self.chance(20) else self.constant()

    def record(self):
        name, caches = self.random.choice(self.INSTRUCTIONS)
        text = f"{name} {self.random.choice((0, 1, 12, 255, 256, 2**32 - 1))}"
        if caches and self.chance(2):
            units = [self.random.randrange(65536) for _ in range(caches)]
            if any(units):
                text += " {" + " ".join(f"{unit:04x}" for unit in units) + "}"
        return text

    def operation(self):
        result = ""
        if self.chance(3):
            result = f"v{self.values + 1}:{self.random.choice(self.TYPES)} = "
        snap = self.random.randrange(self.nsnaps) if self.nsnaps and self.chance(2) else None
        if self.chance(2):
            line = f"  {result}OPAQUE {self.record()}".ljust(39) + f" @ {self.place()}"
            if self.chance():
                line += f" prefix {self.random.randrange(1, 4)}"
            if self.chance():
                line += f" depth {self.random.choice((-128, -1, 1, 127)):+d}"
        else:
            name = self.random.choice(self.OPERATIONS)
            operands = [self.value() if not self.chance(8) else "_" for _ in range(self.random.randrange(4))]
            while operands and operands[-1] == "_":
                operands.pop()
            if name == "GUARD_IP" and snap is not None:
                operands.append(self.places[snap])
            line = f"  {result}{name}"
            if operands:
                line += " " + ", ".join(operands)
            if self.chance(8):
                line += f" aux {self.random.randrange(1, 2**32)}"
        if snap is not None:
            line += f"  -> s{snap + 1}"
        elif self.chance(10):
            line += "  -> %60000"
        self.values += bool(result)
        return line + "\n"

    def frame(self):
        slots = [f"x{self.random.randrange(8190)}={self.value()}" for _ in range(self.random.randrange(4))]
        if self.chance():
            slots.append(f"fn={self.value()}")
        slots = [f"{slot} owned" if self.chance() else slot for slot in slots]
        return f" [{self.place()}" + (" " + ", ".join(slots) if slots else "") + "]"

    def snapshot(self, index):
        kind = self.kinds[index]
        line = f"  snap s{index + 1}: {kind}"
        if kind != "branch":
            line += f" {self.places[index]}"
        if self.chance():
            line += " first"
        for _ in range(self.random.randrange(3) if self.chance() else 0):
            line += self.frame()
        return line + "\n"

    def text(self):
        text = "".join(f"code c{i}\n" for i in range(self.ncodes)) + "trace:\n"
        text += "".join(self.operation() for _ in range(self.random.randrange(40)))
        text += "".join(self.snapshot(i) for i in range(self.nsnaps))
        return text


class RandomTests(unittest.TestCase):
    maxDiff = None

    def test_canonical_text_comes_back(self):
        for seed in range(500):
            with self.subTest(seed=seed):
                text = Writer(seed).text()
                self.assertEqual(sys._jit._ir_roundtrip(text), text)
                sys._jit._ir_verify(text)  # says something or nothing, but comes back

    def test_damaged_text(self):
        # Whatever the text: an error with its place, or a trace whose text is a fixed point.
        errors = 0
        for seed in range(500):
            with self.subTest(seed=seed):
                text = self.damage(random.Random(seed), Writer(seed).text())
                try:
                    printed = sys._jit._ir_roundtrip(text)
                except ValueError as e:
                    errors += 1
                    place = re.match(r"(\d+):(\d+): \S", str(e))
                    self.assertIsNotNone(place, str(e))
                    line, column = int(place[1]), int(place[2])
                    lines = text.split("\n")
                    self.assertLessEqual(line, len(lines))
                    self.assertLessEqual(column, len(lines[line - 1]) + 1)
                else:
                    self.assertEqual(sys._jit._ir_roundtrip(printed), printed)
                    sys._jit._ir_verify(text)
        self.assertGreater(errors, 100)

    @staticmethod
    def damage(source, text):
        for _ in range(source.randrange(1, 4)):
            i = source.randrange(len(text)) if text else 0
            if source.randrange(3):
                text = text[:i] + source.choice("v%s:,-[]={}09 #\ncx@") + text[i + 1 :]
            else:
                text = text[:i] + text[i + source.randrange(1, 9) :]
        return text


PROGRAM = """
import json, sys

class Point:
    def __init__(self, x):
        self.x = x
    def __add__(self, other):
        return Point(self.x + other.x)

def evens(n):
    for i in range(n):
        if i % 2 == 0:
            yield Point(i)

def main(n):
    total = Point(0)
    for p in evens(n):
        total = total + p
        try:
            total.missing
        except AttributeError:
            pass
    return total.x

assert main(4000) == 3998000
print(json.dumps(sys._jit._ir_traces()))
"""


class RecordedTests(unittest.TestCase):
    def test_recorded_traces(self):
        result = assert_python_ok(
            "-c",
            PROGRAM,
            PYTHON_JIT="1",
            PYTHON_JIT_BACKEND="interpreter",
            PYTHON_JIT_LOOP_THRESHOLD="20",
            PYTHON_JIT_CALL_THRESHOLD="20",
            PYTHON_JIT_EXIT_THRESHOLD="20",
            PYTHON_JIT_MIN_RATE="0",
            PYTHON_JIT_LOG="",
        )
        texts = json.loads(result.out)
        self.assertGreater(len(texts), 3)
        self.assertIn("BYTECODE FOR_ITER_GEN ", "".join(texts))
        self.assertIn(", gen=v", "".join(texts))
        for text in texts:
            with self.subTest(text.partition("\n")[0]):
                self.assertRegex(text, r"\Acode c0 [^\n]+:\d+ \S")
                self.assertIsNone(sys._jit._ir_verify(text))
                nameless = re.sub(r"(?m)^(code c\d+) .*$", r"\1", text)
                self.assertEqual(sys._jit._ir_roundtrip(text), nameless)


if __name__ == "__main__":
    unittest.main()
