"""Subscripts and membership of tuples, dicts, sets, strings, bytes and ranges."""


def tuples(count):
    points = tuple((i, i * 2, -i) for i in range(20))
    total = 0
    for i in range(count):
        x, y, z = points[i % 20]
        total += x + y * z + points[i % 20][1] - points[-1][0]
    return total


def dicts(count):
    table = {}
    for i in range(count):
        key = i * 31 % 257
        table[key] = table.get(key, 0) + i
        if key in table and key % 5 == 0:
            del table[key]
        if 300 not in table:
            table.setdefault(-1, 0)
    missing = 0
    for i in range(count):
        try:
            table[i % 257]
        except KeyError as error:
            missing += error.args[0]
    return sum(table.values()), missing


def string_keys(count):
    names = ["alpha", "beta", "gamma", "delta"]
    table = dict.fromkeys(names, 0)
    for i in range(count):
        table[names[i & 3]] += i
    return sorted(table.items())


def sets(count):
    seen = set()
    for i in range(count):
        value = i * i % 1009
        if value in seen:
            seen.discard(value - 1)
        else:
            seen.add(value)
    return len(seen), sum(seen)


def texts(count):
    text, raw, numbers = "interpreter", b"machine", range(5, 500, 3)
    total = 0
    for i in range(count):
        total += ord(text[i % 11]) + raw[i % 7] + numbers[i % 100]
        total += text[-1] == "r"
    return total


def run():
    return tuples(9000), dicts(6000), string_keys(8000), sets(9000), texts(9000)


# result: digest(run()) == 'aed813ad9c42dc45'
