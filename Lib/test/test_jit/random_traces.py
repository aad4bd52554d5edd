"""Random traces of typed operations, with what they compute.

A trace is made together with a model of it in Python: `Trace.run()` says by which exit it leaves and what is
in the frame's slots then.  test_backends.py compares that with what the backends do.  The same seed gives the
same trace.
"""

import math
import random
import struct
import sys

LEAST, MOST = -(1 << 63), (1 << 63) - 1
NUMBER_SLOTS = 6  # arguments
STORE_SLOTS = 4  # written by the trace
SLOTS = NUMBER_SLOTS + STORE_SLOTS

INTS = (0, 1, -1, 2, 7, -8, 63, 1 << 30, -(1 << 31), (1 << 53) + 1, 1 << 62, MOST, LEAST, LEAST + 1)
FLOATS = (0.0, -0.0, 1.0, -1.5, 0.1, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 2.0**53)


class Leave(Exception):
    """An operation leaves the trace."""


def check(holds):
    if not holds:
        raise Leave


def fits(value):
    check(LEAST <= value <= MOST)
    return value


def divisor(b):
    check(b not in (0, -1))
    return b


def true_divide(a, b):
    check(b != 0 and abs(a) <= 1 << 53 and abs(b) <= 1 << 53)
    return a / b


def shift_left(a, b):
    check(0 <= b <= 62)
    return fits(a << b)


def shift_right(a, b):
    check(b >= 0)
    return a >> min(b, 63)


def float_divide(a, b):
    check(b != 0.0)
    return a / b


def int_power(a, b):
    check(b >= 0 and (abs(a) < 2 or b < 64))
    return fits(a**b)


def float_floor_divide(a, b):
    check(b != 0.0)
    return a // b


def float_modulo(a, b):
    check(b != 0.0)
    return a % b


def float_power(a, b):
    check(math.isfinite(a) and math.isfinite(b))
    try:
        power = a**b
    except ArithmeticError:
        raise Leave from None
    check(isinstance(power, float) and math.isfinite(power))
    check(a == 0.0 or abs(power) >= sys.float_info.min)
    return power


def square_root(a):
    check(a >= 0.0)
    return math.sqrt(a)


def float_to_int(a):
    check(math.isfinite(a) and -(2.0**63) < a < 2.0**63)
    return int(a)


def exact_float(a):
    check(abs(a) <= 1 << 53)
    return float(a)


# name: operand types, result type, may leave, model
OPERATIONS = {
    "IADD": ("II", "I", True, lambda a, b: fits(a + b)),
    "ISUB": ("II", "I", True, lambda a, b: fits(a - b)),
    "IMUL": ("II", "I", True, lambda a, b: fits(a * b)),
    "INEG": ("I", "I", True, lambda a: fits(-a)),
    "INOT": ("I", "I", False, lambda a: ~a),
    "IAND": ("II", "I", False, lambda a, b: a & b),
    "IOR": ("II", "I", False, lambda a, b: a | b),
    "IXOR": ("II", "I", False, lambda a, b: a ^ b),
    "IFLOORDIV": ("II", "I", True, lambda a, b: a // divisor(b)),
    "IMOD": ("II", "I", True, lambda a, b: a % divisor(b)),
    "ITRUEDIV": ("II", "F", True, true_divide),
    "ISHL": ("II", "I", True, shift_left),
    "ISHR": ("II", "I", True, shift_right),
    "IPOW": ("II", "I", True, int_power),
    "ILT": ("II", "I", False, lambda a, b: int(a < b)),
    "ILE": ("II", "I", False, lambda a, b: int(a <= b)),
    "IEQ": ("II", "I", False, lambda a, b: int(a == b)),
    "I2F_EXACT": ("I", "F", True, exact_float),
    "FLT": ("FF", "F", False, lambda a, b: float(a < b)),
    "FLE": ("FF", "F", False, lambda a, b: float(a <= b)),
    "FEQ": ("FF", "F", False, lambda a, b: float(a == b)),
    "FTRUE": ("F", "I", False, lambda a: int(a != 0.0)),
    "FFLOORDIV": ("FF", "F", True, float_floor_divide),
    "FMOD": ("FF", "F", True, float_modulo),
    "FPOW": ("FF", "F", True, float_power),
    "SAME": ("OO", "I", False, lambda a, b: int(a is b)),
    "I2F": ("I", "F", False, float),
    "IABS": ("I", "I", True, lambda a: fits(abs(a))),
    "IMIN": ("II", "I", False, min),
    "IMAX": ("II", "I", False, max),
    "FABS": ("F", "F", False, abs),
    "FSQRT": ("F", "F", True, square_root),
    "FMIN": ("FF", "F", False, min),
    "FMAX": ("FF", "F", False, max),
    "F2I": ("F", "I", True, float_to_int),
    "FADD": ("FF", "F", False, lambda a, b: a + b),
    "FSUB": ("FF", "F", False, lambda a, b: a - b),
    "FMUL": ("FF", "F", False, lambda a, b: a * b),
    "FDIV": ("FF", "F", True, float_divide),
    "FNEG": ("F", "F", False, lambda a: -a),
    "GUARD_ILT": ("II", "", True, lambda a, b: check(a < b)),
    "GUARD_ILE": ("II", "", True, lambda a, b: check(a <= b)),
    "GUARD_IGT": ("II", "", True, lambda a, b: check(a > b)),
    "GUARD_IGE": ("II", "", True, lambda a, b: check(a >= b)),
    "GUARD_IEQ": ("II", "", True, lambda a, b: check(a == b)),
    "GUARD_INE": ("II", "", True, lambda a, b: check(a != b)),
    "GUARD_FLT": ("FF", "", True, lambda a, b: check(a < b)),
    "GUARD_FNLT": ("FF", "", True, lambda a, b: check(not a < b)),
    "GUARD_FLE": ("FF", "", True, lambda a, b: check(a <= b)),
    "GUARD_FNLE": ("FF", "", True, lambda a, b: check(not a <= b)),
    "GUARD_FEQ": ("FF", "", True, lambda a, b: check(a == b)),
    "GUARD_FNE": ("FF", "", True, lambda a, b: check(a != b)),
    # A new object, stored at once; the last operand is the slot.
    "BOX_INT": ("I", "box", True, lambda a: a),
    "BOX_FLOAT": ("F", "box", True, lambda a: a),
}
TYPE_NAMES = {"I": "i64", "F": "f64", "O": "object"}


class Konst:
    def __init__(self, value):
        self.value = value

    def __str__(self):
        if isinstance(self.value, float):
            return f"f64(0x{struct.unpack('<Q', struct.pack('<d', self.value))[0]:x})"
        return str(self.value)


class Trace:
    """A random trace: `text`, the arguments it is to be run with, and its model."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = ["  START"]
        self.snaps = []
        self.steps = []  # (name, operands, label of the result or None, exit or None, slot or None)
        self.of_type = {"I": [], "F": [], "O": []}
        self.labels = 0
        self.head = None
        self.now = {}  # values of labels in the first round, while the trace is made
        self.phis = []  # (label, type, first value, next value)
        self.args = tuple(self.argument(i) for i in range(NUMBER_SLOTS))
        self.make()
        lines = ["code c0 random.py:1 f", "trace:", *self.lines, *self.snaps]
        self.text = "\n".join(lines) + "\n"

    def argument(self, index):
        r = self.random
        if index % 2 == 0:
            return r.choice(
                [r.randrange(-(1 << 59), 1 << 59), r.randrange(-100, 100), r.randrange(300, 1000)]
            )
        return r.choice([*FLOATS, r.uniform(-10, 10), r.uniform(-1e20, 1e20)])

    # --- Making ---

    def new_label(self, kind):
        self.labels += 1
        self.of_type[kind].append(f"v{self.labels}")
        return f"v{self.labels}"

    def value(self, kind):
        r = self.random
        known = self.of_type[kind]
        if kind == "O":
            return r.choice(known)
        if not known or r.random() < 0.15:
            if kind == "I":
                return Konst(r.choice([*INTS, r.randrange(-20, 20)]))
            return Konst(r.choice([*FLOATS, r.uniform(-3, 3)]))
        return r.choice(known[-4:]) if r.random() < 0.5 else r.choice(known)

    def exit(self, kind="deopt", always=False):
        r = self.random
        number = len(self.snaps)
        slots = {}
        if always or r.random() < 0.8:
            for slot in sorted(r.sample(range(SLOTS), r.randrange(SLOTS))):
                types = [t for t in "IFO" if self.of_type[t]]
                slots[slot] = self.value(r.choice([t for t in types if t != "O"] or ["I"]))
                if "O" in types and r.random() < 0.2:
                    slots[slot] = r.choice(self.of_type["O"])
        text = ", ".join(f"x{slot}={value}" for slot, value in slots.items())
        frame = f" [c0:0 sp {SLOTS}{' ' if text else ''}{text}]" if slots else ""
        self.snaps.append(f"  snap s{number}: {kind} c0:0{' first' if kind == 'deopt' else ''}{frame}")
        return number, slots

    def current(self, operand):
        return operand.value if isinstance(operand, Konst) else self.now[operand]

    def add(self, name, operands, kind, leaves, aux=None):
        # The exit comes first: it cannot name the result.
        exit = self.exit() if leaves else None
        label = self.new_label(kind) if kind else None
        text = f"{label}:{TYPE_NAMES[kind]} = {name}" if label else name
        text += " " + ", ".join(map(str, operands)) if operands else ""
        text += f" aux {aux}" if aux else ""
        text += f" -> s{exit[0]}" if exit else ""
        self.lines.append("  " + text)
        self.steps.append((name, operands, label, exit, aux))
        return label

    def operation(self):
        name = self.random.choice(list(OPERATIONS))
        operands, result, leaves, model = OPERATIONS[name]
        if name.startswith("GUARD") and self.random.random() < 0.5:
            return
        chosen = [self.value(kind) for kind in operands]
        try:
            outcome = model(*map(self.current, chosen))
        except Leave:
            # Most traces are to get far.
            if self.random.random() < 0.98:
                return
            outcome = 1 if result == "I" else 1.0
        if result != "box":
            label = self.add(name, chosen, result, leaves)
            self.now[label] = outcome
            return
        self.labels += 1
        box = f"v{self.labels}"
        exit = self.exit()
        slot = self.random.randrange(NUMBER_SLOTS, SLOTS)
        kind = "int" if name == "BOX_INT" else "float"
        self.lines.append(f"  {box}:{kind} = {name} {chosen[0]} -> s{exit[0]}")
        self.lines.append(f"  STORE_SLOT {box} aux {slot}")
        self.steps.append((name, chosen, None, exit, slot))

    def make(self):
        r = self.random
        for slot in range(NUMBER_SLOTS):
            loaded = self.add("LOAD_SLOT", [], "O", False, slot)
            self.now[loaded] = self.args[slot]
            if slot % 2 == 0:
                unboxed = self.add("UNBOX_INT", [loaded], "I", True)
            else:
                unboxed = self.add("UNBOX_FLOAT", [loaded], "F", True)
            self.now[unboxed] = self.args[slot]
        loops = r.random() < 0.6
        if not loops:
            self.lines.append("  BYTECODE NOP 0 @ c0:0")
        for _ in range(r.randrange(1, 120)):
            self.operation()
        if loops:
            self.make_loop()
        else:
            self.steps.append(("EXIT", [], None, self.exit("end", True), None))
            self.lines.append(f"  EXIT -> s{len(self.snaps) - 1}")

    def make_loop(self):
        r = self.random
        head = len(self.lines)
        kinds = ["I", *r.choices("IF", k=r.randrange(14))]
        firsts = [Konst(0)] + [self.value(kind) for kind in kinds[1:]]
        labels = [self.new_label(kind) for kind in kinds]
        self.now.update({label: self.current(first) for label, first in zip(labels, firsts, strict=True)})
        self.lines.extend([""] * len(kinds))
        self.head = len(self.steps)
        self.lines.append("  BYTECODE NOP 0 @ c0:0")
        for _ in range(r.randrange(1, 120)):
            self.operation()
        counter = self.add("IADD", [labels[0], Konst(1)], "I", True)
        self.add("GUARD_ILT", [counter, Konst(r.randrange(1, 30))], "", True)
        nexts = [counter] + [self.value(kind) for kind in kinds[1:]]
        for i, kind in enumerate(kinds):
            if r.random() < 0.3 and kinds.count(kind) > 1 and i > 0:
                nexts[i] = r.choice([label for label, k in zip(labels, kinds, strict=True) if k == kind])
            self.lines[head + i] = f"  {labels[i]}:{TYPE_NAMES[kind]} = PHI {firsts[i]}, {nexts[i]}"
        self.phis = list(zip(labels, firsts, nexts, strict=True))
        self.lines.append(f"  LOOP aux {head}")

    # --- The model ---

    def run(self):
        """(number of the exit, list of what is in the slots)"""
        values = {}
        slots = [*self.args, *[None] * STORE_SLOTS]

        def get(operand):
            return operand.value if isinstance(operand, Konst) else values[operand]

        def leave(exit):
            number, named = exit
            taken = {slot: get(operand) for slot, operand in named.items()}
            return number, [taken.get(slot, old) for slot, old in enumerate(slots)]

        def go(steps):
            for name, operands, label, exit, aux in steps:
                if name == "EXIT":
                    return leave(exit)
                if name == "LOAD_SLOT":
                    values[label] = slots[aux]
                    continue
                if name.startswith("UNBOX"):
                    values[label] = values[operands[0]]
                    continue
                try:
                    result = OPERATIONS[name][3](*map(get, operands))
                except Leave:
                    return leave(exit)
                if label is not None:
                    values[label] = result
                elif name.startswith("BOX"):
                    slots[aux] = result
            return None

        outcome = go(self.steps[: self.head])
        if outcome is None:
            values.update([(label, get(first)) for label, first, _ in self.phis])
        while outcome is None:
            outcome = go(self.steps[self.head :])
            values.update([(label, get(following)) for label, _, following in self.phis if outcome is None])
        return outcome
