"""Generators closed early, thrown into, collected while suspended, or asked again after the end."""


def guarded(limit, log):
    try:
        for i in range(limit):
            yield i
    except GeneratorExit:
        log["exit"] = log.get("exit", 0) + 1
        raise
    finally:
        log["final"] = log.get("final", 0) + 1


def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            yield 2


def delegate(limit, log):
    yield from guarded(limit, log)


def run():
    log = {}
    total = 0
    for i in range(1500):
        for value in guarded(20, log):
            total += value
            if value == i % 20:
                break
        source = delegate(5, log)
        total += next(source)
        if i % 3 == 0:
            source.close()
            total += next(source, 50)
        elif i % 3 == 1:
            try:
                source.throw(KeyError(i))
            except KeyError as error:
                total += error.args[0] % 3
        del source
        if i % 100 == 0:
            bad = stubborn()
            next(bad)
            try:
                bad.close()
            except RuntimeError as error:
                total += len(str(error))
    unfinished = [guarded(3, log) for _ in range(100)]
    for generator in unfinished:
        next(generator)
    unfinished.clear()
    active = (lambda: (yield from range(3)))()
    return total, sorted(log.items()), list(active), next(active, None)


# result: run() == (125715, [('exit', 2599), ('final', 3099)], [0, 1, 2], None)
