"""Locals deleted and used unbound in hot loops; except-as names that vanish."""


def deleter(count):
    errors = 0
    value = 0
    for i in range(count):
        if i % 4 == 0:
            del value
        try:
            errors += value
        except UnboundLocalError as error:
            errors += 100 if "'value'" in str(error) else -1
        value = i
        try:
            if i % 6 == 0:
                raise KeyError(i)
        except KeyError as caught:
            errors += len(caught.args)
        try:
            caught  # noqa: F821
        except UnboundLocalError:
            errors += 1
    return errors


def maybe(flag):
    if flag:
        result = 7
    return result


def loop_name(count):
    seen = 0
    for limit in [0, 3] * count:
        for k in range(limit):
            pass
        try:
            seen += k
        except UnboundLocalError:
            seen -= 1
        else:
            del k
    return seen


def cells(count):
    x = 0

    def read():
        return x

    bad = 0
    for i in range(count):
        if i % 3 == 0:
            del x
        try:
            bad += read()
        except NameError:
            bad += 1000
            x = i
    return bad


def run():
    total = 0
    for i in range(3000):
        try:
            total += maybe(i % 5)
        except UnboundLocalError:
            total -= 1
    return deleter(4000), total, loop_name(1000), cells(3000)


# result: run() == (6101667, 16200, 1000, 3997000)
