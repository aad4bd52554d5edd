"""Context managers in hot loops: classes, suppression, nesting, contextlib generators, errors in __exit__."""

import contextlib


class Section:
    def __init__(self, log, swallow=()):
        self.log = log
        self.swallow = swallow

    def __enter__(self):
        self.log["enter"] += 1
        return self

    def __exit__(self, kind, value, traceback):
        self.log["exit"] += 1
        if kind is not None:
            self.log[kind.__name__] = self.log.get(kind.__name__, 0) + 1
            return issubclass(kind, self.swallow) if self.swallow else False
        return None


class Broken(Section):
    def __exit__(self, kind, value, traceback):
        raise OSError("exit failed")


@contextlib.contextmanager
def scope(log):
    log["open"] = log.get("open", 0) + 1
    try:
        yield log
    finally:
        log["open"] -= 1


def run():
    log = {"enter": 0, "exit": 0}
    total = 0
    for i in range(2500):
        with Section(log):
            total += i
        with Section(log, (KeyError,)), Section(log):
            if i % 3 == 0:
                raise KeyError(i)
            total += 1
        with scope(log) as inside:
            total += inside["open"]
        try:
            with Broken(log):
                if i % 2:
                    raise ValueError(i)
        except OSError as error:
            total += isinstance(error.__context__, ValueError)
        for _ in range(2):
            with Section(log):
                if i % 5 == 0:
                    break
                continue
    return total, sorted(log.items())


# result: run() == (3129166, [('KeyError', 1668), ('enter', 14500), ('exit', 12000), ('open', 0)])
