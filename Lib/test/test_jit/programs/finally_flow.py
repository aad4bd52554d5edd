"""Control flow through finally: return, break and continue that are delayed or replaced."""


def returns(i):
    try:
        if i % 3 == 0:
            return "try"
        if i % 3 == 1:
            raise KeyError
    except KeyError:
        return "except"
    finally:
        if i % 5 == 0:
            return "finally"
    return "end"


def loops(limit):
    trail = 0
    for i in range(limit):
        try:
            try:
                if i % 4 == 0:
                    continue
                if i == limit - 2:
                    break
                trail += 1
            finally:
                trail += 10
                if i % 6 == 0:
                    raise LookupError
        except LookupError:
            trail += 100
    return trail


def swallow(limit):
    kept = 0
    for i in range(limit):
        while True:
            try:
                kept += 1 // (i % 2)
            finally:
                kept += 1
                break
    return kept


def run():
    counts = {}
    for i in range(6000):
        answer = returns(i)
        counts[answer] = counts.get(answer, 0) + 1
    return sorted(counts.items()), loops(4000), swallow(2000)


# result: run() == ([('end', 1600), ('except', 1600), ('finally', 1200), ('try', 1600)], 109688, 3000)
