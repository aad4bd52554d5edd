"""List subscripts of every kind: reads, writes, negative, slices, append and pop, errors at the ends."""


def rotate(count):
    ring = list(range(50))
    total = 0
    for i in range(count):
        first = ring[0]
        ring[i % 50] = ring[-1]
        ring[-1] = first
        total += ring[i % 50] - ring[-(i % 50) - 1]
    return total, ring[7]


def stack(count):
    items = []
    total = 0
    for i in range(count):
        items.append(i)
        if i % 3 == 2:
            total += items.pop() - items.pop(0)
    return total, len(items)


def slices(count):
    data = list(range(30))
    total = 0
    for i in range(count):
        part = data[i % 10 : 20]
        total += part[0] + len(part)
        data[3:6] = [i, i + 1, i + 2]
        total -= sum(data[::-7])
    return total


def out_of_range(count):
    data = [1, 2, 3]
    errors = 0
    for i in range(count):
        try:
            errors += data[i % 5]
        except IndexError as error:
            errors += 100 if "list index" in str(error) else -1
    return errors


def bubble(size):
    data = [(i * 7919) % size for i in range(size)]
    for end in range(size - 1, 0, -1):
        for i in range(end):
            if data[i] > data[i + 1]:
                data[i], data[i + 1] = data[i + 1], data[i]
    return data == sorted(data)


def run():
    return rotate(9000), stack(9000), slices(4000), out_of_range(4000), bubble(150)


# result: run() == ((349, 49), (6754500, 3000), 2174000, 164800, True)
