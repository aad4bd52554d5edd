"""An exception leaves several called functions at once, from a position that is hot."""

import sys


def deepest(n):
    return 100 // (n % 40)


def middle(n, log):
    try:
        return deepest(n)
    finally:
        log[0] += 1


def upper(n, log):
    value = middle(n, log)
    log[1] += value
    return value


class Parser:
    def __init__(self):
        self.errors = []

    def number(self, text):
        return int(text)

    def field(self, text):
        name, _, value = text.partition("=")
        return name, self.number(value)

    def parse(self, lines):
        total = 0
        for line in lines:
            try:
                name, value = self.field(line)
            except ValueError as error:
                depth = 0
                traceback = error.__traceback__
                while traceback is not None:
                    depth += 1
                    traceback = traceback.tb_next
                self.errors.append((line, depth))
            else:
                total += value * len(name)
        return total


def run():
    log = [0, 0]
    caught = 0
    for i in range(5000):
        try:
            upper(i, log)
        except ZeroDivisionError:
            names = []
            frame = sys.exception().__traceback__
            while frame is not None:
                names.append(frame.tb_frame.f_code.co_name)
                frame = frame.tb_next
            caught += names == ["run", "upper", "middle", "deepest"]
    parser = Parser()
    lines = [f"key{i}={i if i % 9 else 'none'}" for i in range(2000)]
    total = parser.parse(lines)
    return caught, log, total, len(parser.errors), {depth for _, depth in parser.errors}, sys.exception()


# result: run() == (125, [5000, 51250], 11985613, 223, {3}, None)
