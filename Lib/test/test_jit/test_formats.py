"""format(), `%` and str.format() of numbers and strings: a trace has its own way for the frequent forms, with the same text and the same errors."""

import unittest

# Skips where there is no JIT.
from test.test_jit.test_typed import run

PROGRAM = """
import random
rnd = random.Random(SEED)
VALUES = [0, 1, -1, 42, -1234567, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -2**63, 2**63, 10**20, 0.0, -0.0, 0.5, 1.5, 2.5, 0.125, 0.045, 1e-9,
          -1e-9, 2.675, 1.005, -99.995, 123456.789, 1e15, 1e17, 1e300, float("inf"), float("nan"), "", "a", "hello world", "\\xe9", "x" * 300, True,
          None]
VALUES += [k / 2**j for k in (1, 3, 5, -7) for j in range(1, 12)] + [rnd.uniform(-1, 1) / 10**rnd.randrange(12) for _ in range(40)]
VALUES += [rnd.uniform(-1e6, 1e6) for _ in range(20)]

def spec():
    s = ""
    if rnd.random() < 0.4: s += (rnd.choice("*x 0\\xe9") if rnd.random() < 0.4 else "") + rnd.choice("<>^=")
    if rnd.random() < 0.2: s += rnd.choice("+- ")
    if rnd.random() < 0.05: s += "#"
    if rnd.random() < 0.2: s += "0"
    if rnd.random() < 0.6: s += str(rnd.randrange(30))
    if rnd.random() < 0.2: s += rnd.choice(",_")
    if rnd.random() < 0.4: s += "." + str(rnd.randrange(12))
    return s + (rnd.choice("dxXobfFeEgGs%nc") if rnd.random() < 0.7 else "")

def conversion():
    s = "%"
    while rnd.random() < 0.3: s += rnd.choice("-0+ #")
    if rnd.random() < 0.5: s += str(rnd.randrange(25))
    if rnd.random() < 0.4: s += "." + (str(rnd.randrange(11)) if rnd.random() < 0.9 else "")
    return s + rnd.choice("sdfxXorFeguic%")

def field():
    return "{" + ("" if rnd.random() < 0.6 else rnd.choice(["0", "1", "2", "a", "!r"])) + ("" if rnd.random() < 0.5 else ":" + spec()) + "}"

def by_format(v, s): return format(v, s)
def in_f_string(v, s): return f"{v:{s}}"
def by_percent(t, v): return t % v
def one(t, a): return t.format(a)
def two(t, a, b): return t.format(a, b)

def attempt(f, *args):
    try:
        return f(*args)
    except (ValueError, TypeError, OverflowError, LookupError) as error:
        return type(error), str(error)

out = []
for i in range(12000):
    v, w = rnd.choice(VALUES), rnd.choice(VALUES)
    out.append(attempt(by_format, v, spec()))
    out.append(attempt(in_f_string, v, spec()))
    template = "".join(rnd.choice(["", "a", "100%%", " "]) + conversion() for _ in range(rnd.randrange(4))) + rnd.choice(["", "b"])
    out.append(attempt(by_percent, template, (v, w, i)[:rnd.randrange(4)]))
    out.append(attempt(by_percent, rnd.choice(["", "x"]) + conversion(), v))
    template = "".join(rnd.choice(["", "a", "{{", "}}", " "]) + field() for _ in range(rnd.randrange(1, 3))) + rnd.choice(["", "b", "{", "}"])
    out.append(attempt(one, template, v))
    out.append(attempt(two, template, v, w))
for text in "whole", "a", "":
    for i in range(300):
        out.append([x is text for x in (by_format(text, "s"), in_f_string(text, "3"), by_percent("%s", (text,)), one("{}", text), by_format(5, "d"))])
        out.append(by_format(7, "d") is by_format(7, "d"))
        out.append([two("{}{}", "", text) is text, two("{}{}", text, "") is text, one(text, i) is text, by_percent(text, ()) is text])
for o in out: print(ascii(o))
"""


class Formats(unittest.TestCase):
    def test_same_text(self):
        for seed in 1, 2:
            for settings in {}, {"PYTHON_JIT_BACKEND": "native"}:
                program = PROGRAM.replace("SEED", str(seed))
                with self.subTest(seed=seed, **settings):
                    found, wanted = run(program, **settings).splitlines(), run(program, PYTHON_JIT="0").splitlines()
                    self.assertEqual([(i, x, y) for i, (x, y) in enumerate(zip(found, wanted, strict=True)) if x != y][:5], [])


if __name__ == "__main__":
    unittest.main()
