"""Numbers of mixed kinds: int with float, true and floor division, signs of remainders, powers, comparisons."""


def mixed(count):
    total = 0
    fraction = 0.5
    for i in range(count):
        total = total + i * fraction
        if i % 3 == 0:
            total -= i
        elif i % 3 == 1:
            total -= i / 2
        fraction = 1 - fraction
    return total


def signed_division(limit):
    checks = 0
    for a in range(-limit, limit):
        for b in (-7, -3, -1, 1, 2, 5, 11):
            q, r = a // b, a % b
            checks += q * b + r == a and (r == 0 or (r < 0) == (b < 0))
            checks += (a / b) * b - a < 1e-9
            checks += divmod(float(a), float(b)) == (float(q), float(r))
    return checks


def powers(count):
    total = 0
    for i in range(count):
        total += i**2 + (-i) ** 3 + 2 ** (i % 40)
        total ^= int((i + 1) ** 0.5) + int(2.0**-2 * i)
    return total


def compare_chain(count):
    hits = 0
    for i in range(count):
        x = i if i & 1 else float(i)
        if 10 <= x < 1000 != i or x == i > 2000:
            hits += 1
        hits += (x > 5) + (x >= 5) + (x != 7) + True
    return hits


def run():
    return mixed(20000), signed_division(700), powers(5000), compare_chain(8000)


# result: run() == (-3333.0, 29400, -18706898636350, 38977)
