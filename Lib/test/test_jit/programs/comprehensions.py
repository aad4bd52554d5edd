"""List, set, dict and generator comprehensions, nested and filtered, with names of the outer function."""


def run():
    total = 0
    factor = 3
    words = ["trace", "guard", "exit", "loop", "side", "frame"]
    for i in range(800):
        squares = [x * x for x in range(12) if x != i % 12]
        table = {word: len(word) * factor for word in words}
        lengths = {len(word) + i % 3 for word in words}
        pairs = [(a, b) for a in range(4) for b in range(a) if (a + b + i) % 2]
        total += sum(squares) + table["guard"] + len(lengths) + len(pairs)
        total += sum(x * factor for x in squares)
        total -= [[y + x for y in range(3)] for x in range(3)][i % 3][1]
        factor = 3 + i % 2
    names = [word for word in words if all(c != "x" for c in word)]
    return total, names


# result: run() == (1688770, ['trace', 'guard', 'loop', 'side', 'frame'])
