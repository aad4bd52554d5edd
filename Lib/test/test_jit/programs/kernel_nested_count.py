"""Nested loops: Pythagorean triples by trying."""


def triples(limit):
    found = 0
    for a in range(1, limit):
        for b in range(a, limit):
            square = a * a + b * b
            for c in range(b, limit):
                if c * c == square:
                    found += 1
    return found


def run():
    return triples(90)


# result: run() == 46
