"""Opcode numbers.

They are part of the .pyc format and of the ABI, so they are upstream's, obtained by its rule:

- some numbers are fixed (below);
- instructions without argument, by name, count up from 1; then those with one;
- specialized forms, by name, count up from 150;
- instrumented forms stand in the order of their definitions and end at 254;
- pseudo instructions, by name, count up from 256.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIXED = {
    "CACHE": 0,
    "RESERVED": 17,  # the number the magic word of a .pyc would be taken for
    "RESUME": 149,  # pystats and tools know it
    "INSTRUMENTED_LINE": 254,
    "BINARY_OP_INPLACE_ADD_UNICODE": 3,
}
FIRST_SPECIALIZED = 150
FIRST_PSEUDO = 256
LAST_INSTRUMENTED = 254


@dataclass(frozen=True)
class Numbering:
    numbers: dict[str, int]
    have_argument: int  # the last instruction without argument
    min_instrumented: int
    problem: str = ""

    @property
    def limit(self) -> int:
        """One more than the largest number."""
        return max(self.numbers.values(), default=0) + 1

    def unused(self) -> list[int]:
        """Numbers below 256 that no instruction has."""
        taken = set(self.numbers.values())
        return [n for n in range(256) if n not in taken]


def assign_numbers(
    instructions: Sequence[str],
    with_arg: Iterable[str],
    specialized: Iterable[str],
    pseudos: Iterable[str],
    handwritten: Sequence[str],
) -> Numbering:
    names = [*instructions, *(h for h in handwritten if h not in instructions)]
    numbers = {name: FIXED[name] for name in names if name in FIXED}
    special, args = set(specialized) - set(FIXED), set(with_arg)
    instrumented = [n for n in names if n.startswith("INSTRUMENTED_") and n not in FIXED]
    plain = [n for n in names if n not in FIXED and n not in special and n not in instrumented]

    number = 1
    last_plain = 0
    for name in sorted(plain, key=lambda n: (n in args, n)):
        while number in numbers.values():
            number += 1
        numbers[name] = number
        if name not in args:
            last_plain = number
        number += 1
    problem = (
        f"too many instructions: {number - 1} below {FIXED['RESUME']}" if number > FIXED["RESUME"] else ""
    )

    for i, name in enumerate(sorted(special)):
        numbers[name] = FIRST_SPECIALIZED + i
    first_instrumented = LAST_INSTRUMENTED - len(instrumented)
    if FIRST_SPECIALIZED + len(special) > first_instrumented:
        problem = "too many specialized instructions: they run into the instrumented ones"
    for i, name in enumerate(instrumented):
        numbers[name] = first_instrumented + i
    for i, name in enumerate(sorted(pseudos)):
        numbers[name] = FIRST_PSEUDO + i
    return Numbering(numbers, last_plain, first_instrumented, problem)
