"""The evaluation stack while one instruction is emitted.

`stack_pointer` stays where it is while operations take and give items; offsets are counted from the place it
had at the start.  An item is in memory, in a C variable, or both.  What is in a variable only is written by
`flush`, which also moves the stack pointer: that happens at the end, before a check that may run arbitrary
code, and at SYNC_SP().
"""

from __future__ import annotations

from dataclasses import dataclass

from .diagnostics import Diagnostics, Span
from .model import effect_size
from .sizes import ZERO, Size
from .syntax import UNUSED, StackEffect

LOADED_TYPES = ("", "PyObject *", "object", "owned object")


@dataclass
class Item:
    effect: StackEffect
    offset: Size  # of its first word
    variable: str | None  # the C variable that holds it (points to it, for an array)
    in_memory: bool

    @property
    def size(self) -> Size:
        return effect_size(self.effect)


class Stack:
    """The items an instruction has touched, deepest first.  Methods give the lines of C to emit."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.pointer = ZERO  # where stack_pointer is
        self.base = ZERO  # where the first of `items` begins
        self.items: list[Item] = []

    @property
    def top(self) -> Size:
        return self.items[-1].offset + self.items[-1].size if self.items else self.base

    def slot(self, offset: Size) -> str:
        return f"stack_pointer[{offset - self.pointer}]"

    # --- what is there

    def reach(self, effects: tuple[StackEffect, ...]) -> list[Item]:
        """The topmost items, one for each effect; those not known yet are in memory."""
        while len(self.items) < len(effects):
            # The effects below all known items tell what the next one down is.
            effect = effects[len(effects) - len(self.items) - 1]
            self.base = self.base - effect_size(effect)
            self.items.insert(0, Item(effect, self.base, None, True))
        found = self.items[len(self.items) - len(effects) :] if effects else []
        for item, effect in zip(found, effects, strict=True):
            if item.effect.shape != effect.shape and item.size != effect_size(effect):
                raise self.diagnostics.fatal(
                    effect.span,
                    f"`{effect.name}` has size {effect_size(effect)}, "
                    f"but what stands there has size {item.size}",
                    f"it is `{item.effect.name}` of {item.effect.span}",
                )
        return found

    # --- loads and saves

    def load(self, inputs: tuple[StackEffect, ...]) -> list[str]:
        """Puts every named input in its variable."""
        items = self.reach(inputs)
        lines: list[str] = []
        # Top first, as the variables of deeper ones are more often already right.
        for effect, item in reversed(list(zip(inputs, items, strict=True))):
            if effect.name == UNUSED or item.variable == effect.name:
                continue
            lines += self.free_variable(effect.name, item)
            lines.append(self.assignment(effect, item))
            item.variable = effect.name
        return lines

    def assignment(self, effect: StackEffect, item: Item) -> str:
        if item.variable is not None:
            return f"{effect.name} = {item.variable};"
        if effect.is_array:
            return f"{effect.name} = &{self.slot(item.offset)};"
        value = self.slot(item.offset)
        if effect.type not in LOADED_TYPES:
            value = f"({effect.ctype}){value}"
        if effect.cond and effect.cond.strip() != "1":
            if effect.cond.strip() == "0":
                return f"{effect.name} = NULL;"
            return f"if ({effect.cond}) {{ {effect.name} = {value}; }}"
        return f"{effect.name} = {value};"

    def free_variable(self, name: str, for_item: Item | None) -> list[str]:
        """Makes sure no other item depends on variable `name`, which is about to be assigned."""
        lines: list[str] = []
        for item in self.items:
            if item is not for_item and item.variable == name:
                lines += self.save(item)
                item.variable = None
        return lines

    def save(self, item: Item) -> list[str]:
        if item.in_memory or item.variable is None or item.effect.is_array or item.size.is_zero:
            return []
        item.in_memory = True
        value = item.variable
        if item.effect.type not in LOADED_TYPES:
            value = f"(PyObject *){value}"
        line = f"{self.slot(item.offset)} = {value};"
        cond = item.effect.cond.strip()
        return [f"if ({cond}) {line}" if cond not in ("", "1") else line]

    # --- changes

    def pop(self, count: int) -> list[Item]:
        if count == 0:
            return []
        gone = self.items[-count:]
        self.base = gone[0].offset if count == len(self.items) else self.base
        del self.items[-count:]
        return gone

    def push(self, effect: StackEffect, popped: list[Item]) -> None:
        offset = self.top
        item = Item(effect, offset, None if effect.name == UNUSED else effect.name, effect.name == UNUSED)
        for old in popped:
            if old.offset == offset and old.size == item.size and effect.name == UNUSED:
                # Nobody looked at it, so it is what and where it was.
                item.variable, item.in_memory = old.variable, old.in_memory
        if effect.is_array:
            item.in_memory = True
        self.items.append(item)

    def place_array(self, effect: StackEffect, offset: Size) -> str:
        return f"{effect.name} = &{self.slot(offset)};"

    def forget(self, name: str) -> None:
        """The body changed the pointer to an array."""
        for item in self.items:
            if item.variable == name and item.effect.is_array:
                item.variable = None

    def assigned(self, name: str) -> None:
        """The body assigned the variable of an item it only looked at: memory has the old value."""
        for item in self.items:
            if item.variable == name and not item.effect.is_array:
                item.in_memory = False

    def flush(self) -> list[str]:
        """Everything in memory, stack_pointer above it."""
        lines: list[str] = []
        for item in self.items:
            lines += self.save(item)
        return lines + self.move_pointer()

    def move_pointer(self) -> list[str]:
        distance = self.top - self.pointer
        self.pointer = self.top
        return [] if distance.is_zero else [f"stack_pointer += {distance};"]

    def leave(self, depth: Size, span: Span) -> tuple[list[str], Size]:
        """For an error exit at which everything from `depth` up is gone: saves to do, and how far to move
        the pointer.

        The state is left as it is: the other path goes on.
        """
        saves: list[str] = []
        for item in self.items:
            if (depth - (item.offset + item.size)).const >= 0 and not item.in_memory:
                saves += self.save(item)
                item.in_memory = False
        return saves, depth - self.pointer
