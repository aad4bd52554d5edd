"""Plain integer loops: sums, shifts, masks, remainders, comparisons."""


def collatz_steps(limit):
    longest = 0
    for start in range(1, limit):
        n, steps = start, 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        if steps > longest:
            longest = steps
    return longest


def gcd_sum(limit):
    total = 0
    for a in range(1, limit):
        for b in range(1, a):
            x, y = a, b
            while y:
                x, y = y, x % y
            total += x
    return total


def scramble(rounds):
    state = 0x1234567
    for _ in range(rounds):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
    return state


def primes(limit):
    marks = [True] * limit
    count = 0
    for n in range(2, limit):
        if marks[n]:
            count += 1
            for multiple in range(n * n, limit, n):
                marks[multiple] = False
    return count


def run():
    return collatz_steps(2000), gcd_sum(150), scramble(40000), primes(60000)


# result: run() == (181, 30887, 1279991308, 6057)
