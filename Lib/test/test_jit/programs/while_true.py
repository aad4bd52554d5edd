"""Endless loops left by break, return and exceptions from different depths."""


def digits(n):
    count = 0
    while True:
        count += 1
        n //= 10
        if not n:
            break
    return count


def search(start):
    while 1:
        while True:
            start += 7
            if start % 11 == 0:
                break
            if start % 1013 == 0:
                return start
        if start > 20000:
            return -start


def drain(stack):
    total = 0
    while True:
        try:
            total += stack.pop()
        except IndexError:
            break
        while stack and stack[-1] % 2:
            stack.pop()
    return total


def countdown(n):
    while n:
        n -= 1
        if n % 2:
            continue
        yield n
        while n > 100 and n % 3:
            n -= 1


def run():
    a = sum(digits(i * i) for i in range(6000))
    b = sum(search(i) for i in range(150))
    c = drain([i * 5 // 3 for i in range(6000)])
    return a, b, c, sum(countdown(5000))


# result: run() == (43374, 611852, 14999000, 4169148)
