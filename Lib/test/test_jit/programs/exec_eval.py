"""exec and eval in hot loops: new code, cached code, own namespaces, names created for the caller's module."""

CODE = compile("value * 2 + offset", "<text>", "eval")
STATEMENTS = compile("counter = counter + 1\nfor k in range(3):\n    counter += k", "<text>", "exec")


class Default(dict):
    def __missing__(self, key):
        return len(key)


def run():
    total = 0
    space = {"offset": 1, "counter": 0}
    default = Default()
    for i in range(2000):
        space["value"] = i
        total += eval(CODE, space)
        exec(STATEMENTS, space)
        total += eval(CODE, {}, default)
        if i % 20 == 0:
            total += eval(f"{i} + {i % 7}")
            exec(f"def made(x):\n    return x + {i}\n", space)
        total += space["made"](1)
    module = {}
    exec("def loop(n):\n    t = 0\n    for i in range(n):\n        t += i & 3\n    return t", module)
    return total, space["counter"], module["loop"](9000)


# result: run() == (6113300, 8000, 13500)
