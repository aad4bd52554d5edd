"""Nested loops with break, continue and else on every level."""


def with_else(limit):
    found, missing, skipped = 0, 0, 0
    for n in range(2, limit):
        for d in range(2, n):
            if d * d > n:
                continue
            if n % d == 0:
                found += d
                break
        else:
            missing += 1
            if missing % 5 == 0:
                skipped += n
                continue
            skipped -= 1
    else:
        skipped += 1000000
    return found, missing, skipped


def while_else(limit):
    log = 0
    outer = 0
    while outer < limit:
        inner = outer
        while inner:
            if inner % 17 == 0 and inner != 17:
                log += inner
                break
            inner -= 1
        else:
            log -= 1
        outer += 1
    else:
        return log
    return None


def triangle(size):
    total = 0
    for i in range(size):
        for j in range(i):
            for k in range(j):
                if k > 6:
                    break
                if (i + j + k) % 4 == 0:
                    continue
                total += i - j + k
    return total


def run():
    return with_else(500), while_else(3000), triangle(70)


# result: run() == ((1335, 95, 1004429), 4474213, 284650)
