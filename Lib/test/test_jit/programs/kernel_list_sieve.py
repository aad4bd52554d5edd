"""Lists by index: the sieve of Eratosthenes with a while loop inside."""


def sieve(limit):
    composite = [False] * limit
    count = 0
    for n in range(2, limit):
        if not composite[n]:
            count += 1
            multiple = n * n
            while multiple < limit:
                composite[multiple] = True
                multiple += n
    return count


def run():
    return sieve(50_000)


# result: run() == 5133
