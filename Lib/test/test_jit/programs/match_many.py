"""A dispatcher with many cases, as in an interpreter for a small stack machine."""

PROGRAM = [
    ("push", 0), ("store", "i"), ("push", 0), ("store", "total"),
    ("load", "i"), ("push", 1), ("add", None), ("store", "i"),
    ("load", "total"), ("load", "i"), ("dup", None), ("mul", None), ("add", None),
    ("push", 1000003), ("mod", None), ("store", "total"),
    ("load", "i"), ("push", 2500), ("less", None), ("branch", 4), ("load", "total"), ("halt", None),
]  # fmt: skip


def execute(program):
    stack, names = [], {}
    at = steps = 0
    while True:
        op, argument = program[at]
        at += 1
        steps += 1
        match op:
            case "push":
                stack.append(argument)
            case "pop":
                stack.pop()
            case "dup":
                stack.append(stack[-1])
            case "load":
                stack.append(names[argument])
            case "store":
                names[argument] = stack.pop()
            case "add":
                right = stack.pop()
                stack[-1] += right
            case "sub":
                right = stack.pop()
                stack[-1] -= right
            case "mul":
                right = stack.pop()
                stack[-1] *= right
            case "mod":
                right = stack.pop()
                stack[-1] %= right
            case "less":
                right = stack.pop()
                stack[-1] = stack[-1] < right
            case "jump":
                at = argument
            case "branch":
                if stack.pop():
                    at = argument
            case "halt":
                return stack.pop(), steps
            case _:
                raise ValueError(op)


def run():
    return execute(PROGRAM)


# result: run() == (443117, 40006)
