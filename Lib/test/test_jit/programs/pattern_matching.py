"""match statements in hot loops: literals, sequences, mappings, classes, guards, captures, alternatives."""

from dataclasses import dataclass


@dataclass
class Move:
    dx: int
    dy: int


@dataclass
class Say:
    text: str


class Status:
    OK = 200
    GONE = 410


def classify(value):
    match value:
        case 0:
            return "zero"
        case 1 | 2 | 3:
            return "small"
        case int(n) if n > 1000:
            return "large"
        case True | False:
            return "never"
        case int():
            return "int"
        case "quit" | "exit":
            return "leave"
        case str() as text if len(text) > 3:
            return text[:2]
        case []:
            return "empty"
        case [x]:
            return f"one {x}"
        case [first, *_, last]:
            return f"from {first} to {last}"
        case {"op": "add", "args": [a, b]}:
            return a + b
        case {"op": name, **rest}:
            return f"{name} {len(rest)}"
        case Move(0, dy):
            return dy
        case Move(dx=dx, dy=dy):
            return dx * dy
        case Say(text=str(text)):
            return len(text)
        case Status.OK | None:
            return "nothing"
        case float(f):
            return f * 2
        case _:
            return "other"


def run():
    values = [
        0, 2, 5000, 17, "quit", "words", "ab", [], [4], [1, 2, 3], (7, 8),
        {"op": "add", "args": [3, 4]}, {"op": "mul", "x": 1}, {}, Move(0, 5), Move(3, 4),
        Say("hello"), None, 2.5, True, b"x", 200,
    ]  # fmt: skip
    counts = {}
    for i in range(6000):
        answer = classify(values[i % len(values)])
        counts[answer] = counts.get(answer, 0) + 1
    return sorted((str(key), value) for key, value in counts.items())


# result: digest(run()) == 'ecc0a3bfd0e7eced'
