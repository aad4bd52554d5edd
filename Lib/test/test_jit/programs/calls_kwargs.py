"""Keyword arguments, *args, **kwargs, keyword-only and positional-only parameters, and their errors."""


def area(width, height=2, *, depth=1, unit=0):
    return width * height * depth + unit


def collect(first, *rest, **named):
    return first + sum(rest) + len(named) * named.get("weight", 1)


def strict(a, b, /, c):
    return a * 100 + b * 10 + c


def forward(*args, **kwargs):
    return area(*args, **kwargs)


def wrong_calls(count):
    caught = 0
    for i in range(count):
        try:
            if i % 3 == 0:
                area()
            elif i % 3 == 1:
                area(1, 2, 3)
            else:
                strict(1, b=2, c=3)
        except TypeError as error:
            caught += len(str(error))
    return caught


def run():
    total = 0
    for i in range(5000):
        total += area(i) + area(i, 3) + area(width=i, depth=2) + area(i, unit=i, height=4)
        total += collect(i) + collect(i, 1, 2) + collect(i, 5, weight=3, color=4)
        total += strict(1, 2, c=i % 10)
        options = {"depth": i % 3, "unit": 1}
        total += forward(i, 2, **options) - forward(*(i, 1))
    return total, wrong_calls(1500)


# result: run() == (225649168, 96000)
