"""A short digest of any Python value that is the same in every interpreter that computed the same value.

Used by the worker to compare what a benchmark computed under two interpreters.  Addresses, hash order,
caches and what belongs to the system are left out; numbers are exact (0.0 and -0.0 differ, 1 and 1.0 and True
differ, every NaN is one).
"""

from __future__ import annotations

import array
import collections
import hashlib
import math
import struct
import types

MAX_NODES = 20_000  # the most values a digest looks at, so that it costs little next to the benchmark
MAX_DEPTH = 40
# Objects of these packages stand for something of the system: a socket, a thread, a timer.  Their attributes
# hold port numbers, clock readings, and as much data as had come in by chance.
SYSTEM = (
    "_asyncio",
    "_socket",
    "_ssl",
    "_thread",
    "asyncio",
    "concurrent",
    "multiprocessing",
    "queue",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "threading",
)
LEAVES = (bool, str, bytes, bytearray, complex, range, type(None), type(Ellipsis))


class Digester:
    """Feeds one value after the other into one hash."""

    def __init__(self, max_nodes: int = MAX_NODES) -> None:
        self.hash = hashlib.sha256()
        self.nodes = 0
        self.max_nodes = max_nodes
        self.seen: dict[int, int] = {}

    def put(self, *parts: object) -> None:
        for part in parts:
            data = str(part).encode("utf-8", "surrogatepass")
            self.hash.update(b"%d:" % len(data))
            self.hash.update(data)

    def add(self, value: object, depth: int = 0) -> None:
        self.nodes += 1
        if self.nodes > self.max_nodes or depth > MAX_DEPTH:
            self.put("cut")
            return
        kind = type(value)
        if isinstance(value, float):
            self.put(kind.__name__, "nan" if math.isnan(value) else struct.pack("<d", value).hex())
        elif type(value) is int:
            self.put("int", hex(value))  # repr() refuses very long ones
        elif kind in LEAVES:
            self.put(kind.__name__, repr(value))
        elif id(value) in self.seen:
            self.put("again", self.seen[id(value)])
        else:
            self.seen[id(value)] = len(self.seen)
            self.add_compound(value, depth + 1)

    def add_compound(self, value: object, depth: int) -> None:
        self.put(type(value).__name__)
        if isinstance(value, (set, frozenset)):
            # Not in their order: each item gets a digest of its own.  A set over the limit gives its size
            # only.
            self.put(len(value))
            self.nodes += len(value)
            if self.nodes <= self.max_nodes:
                self.put(*sorted(digest(item, self.max_nodes - self.nodes) for item in value))
        elif isinstance(value, (list, tuple, array.array, collections.deque)):
            self.put(len(value))
            for item in value:
                self.add(item, depth)
                if self.nodes > self.max_nodes:
                    break
        elif isinstance(value, dict):
            self.put(len(value))
            for key, item in value.items():
                self.add(key, depth)
                self.add(item, depth)
                if self.nodes > self.max_nodes:
                    break
        elif isinstance(value, BaseException):
            self.add(value.args, depth)
        elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            self.put(value.__qualname__)
        elif isinstance(value, (types.ModuleType, types.GeneratorType, types.CoroutineType)):
            self.put(value.__name__)
        elif not kind_of_system(type(value)):
            self.add_instance(value, depth)

    def add_instance(self, value: object, depth: int) -> None:
        """Attributes of an object of a Python class; a text form of number-like C types; else the type."""
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            for name in sorted(map(str, attributes)):
                self.put(name)
                self.add(attributes.get(name), depth)
        for base in type(value).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in [slots] if isinstance(slots, str) else slots:
                self.put(name)
                self.add(getattr(value, name, "unset"), depth)
        if type(value).__module__ in ("decimal", "fractions", "datetime"):
            self.put(str(value))


def kind_of_system(kind: type) -> bool:
    return any(base.__module__.partition(".")[0] in SYSTEM for base in kind.__mro__)


def digest(value: object, max_nodes: int = MAX_NODES) -> str:
    digester = Digester(max_nodes)
    digester.add(value)
    return digester.hash.hexdigest()[:16]
