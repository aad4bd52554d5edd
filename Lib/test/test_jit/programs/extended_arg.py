"""Bodies with more than 256 constants, names, locals and far jumps, so that EXTENDED_ARG is in the hot loop."""


def build(count):
    lines = ["def big(n):", "    total = 0"]
    lines += [f"    v{i} = {i}" for i in range(count)]
    lines += ["    for i in range(n):"]
    lines += [f"        total += v{i} + {1000 + i}" for i in range(count)]
    lines += ["        if i % 3 == 0:", "            continue"]
    lines += [f"        total ^= v{i}" for i in range(0, count, 2)]
    lines += [
        "        if total < 0:",
        "            break",
        "    else:",
        "        total += 1",
        "    return total",
    ]
    return "\n".join(lines)


def build_names(count):
    lines = [f"g{i} = {i}" for i in range(count)]
    lines += ["class Holder: pass", "h = Holder()"]
    lines += [f"h.a{i} = {i}" for i in range(count)]
    lines += ["def names(n):", "    total = 0", "    while n:", "        n -= 1"]
    lines += [f"        total += g{i} - h.a{i} + abs(g{i})" for i in range(count)]
    lines += ["        h.a0 = n", "        try:"]
    lines += [f"            h.a{i} = g{i} // (n % 5)" for i in range(count - 20, count)]
    lines += [
        "        except ZeroDivisionError:",
        f"            h.a{count - 1} = {count - 1}",
        "    return total",
    ]
    return "\n".join(lines)


def run():
    space = {}
    exec(build(300), space)
    exec(build_names(290), space)
    first = space["big"](40)
    again = [space["big"](n) for n in range(30)]
    return first, sum(again), space["names"](60), space["names"](7)


# result: run() == (15588001, 169519550, 2641326, 304047)
