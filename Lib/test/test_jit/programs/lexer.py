"""A tokenizer by characters and a recursive-descent evaluator: text indexing, dict dispatch, calls, exceptions."""


class SyntaxProblem(Exception):
    pass


def tokens(text):
    at, end = 0, len(text)
    while at < end:
        c = text[at]
        if c.isspace():
            at += 1
        elif c.isdigit():
            start = at
            while at < end and text[at].isdigit():
                at += 1
            yield "number", int(text[start:at])
        elif c.isalpha():
            start = at
            while at < end and (text[at].isalnum() or text[at] == "_"):
                at += 1
            yield "name", text[start:at]
        elif c in "+-*/()%":
            at += 1
            yield c, None
        else:
            raise SyntaxProblem(f"{c!r} at {at}")
    yield "end", None


class Evaluator:
    def __init__(self, names):
        self.names = names

    def evaluate(self, text):
        self.stream = tokens(text)
        self.advance()
        value = self.sum()
        if self.kind != "end":
            raise SyntaxProblem("text after the expression")
        return value

    def advance(self):
        self.kind, self.value = next(self.stream)

    def sum(self):
        left = self.product()
        while self.kind in ("+", "-"):
            operator = self.kind
            self.advance()
            right = self.product()
            left = left + right if operator == "+" else left - right
        return left

    def product(self):
        left = self.atom()
        while self.kind in ("*", "/", "%"):
            operator = self.kind
            self.advance()
            right = self.atom()
            if operator == "*":
                left *= right
            elif operator == "/":
                left //= right
            else:
                left %= right
        return left

    def atom(self):
        kind, value = self.kind, self.value
        self.advance()
        if kind == "number":
            return value
        if kind == "name":
            return self.names[value]
        if kind == "-":
            return -self.atom()
        if kind == "(":
            inner = self.sum()
            if self.kind != ")":
                raise SyntaxProblem("missing )")
            self.advance()
            return inner
        raise SyntaxProblem(kind)


def run():
    names = {"x": 0, "y_2": 5}
    evaluator = Evaluator(names)
    texts = ["x*(y_2+3)-7", "12 / (x % 7)", "-x + --4*(1+(2*(3)))", "x $ 1", "(x", "unknown + 1"]
    total = 0
    failures = {}
    for i in range(1200):
        names["x"] = i
        try:
            total += evaluator.evaluate(texts[i % len(texts)])
        except (SyntaxProblem, ZeroDivisionError, KeyError) as error:
            key = f"{type(error).__name__} {error}"
            failures[key] = failures.get(key, 0) + 1
    return total, sorted(failures.items())


# result: digest(run()) == '7ae2c11f83bc4333'
