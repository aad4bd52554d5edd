"""Very deep structures walked and freed from hot code: linked lists, nested tuples, long chains of generators."""


class Link:
    __slots__ = ("value", "next")

    def __init__(self, value, following):
        self.value = value
        self.next = following


def chain(length):
    head = None
    for i in range(length):
        head = Link(i, head)
    return head


def total(head):
    result = 0
    while head is not None:
        result += head.value
        head = head.next
    return result


def nested(depth):
    value = ()
    for _ in range(depth):
        value = (value,)
    return value


def layered(depth, count):
    stream = iter(range(count))
    for i in range(depth):
        stream = shift(stream, i)
    return sum(stream)


def shift(stream, by):
    for value in stream:
        yield value + by


def run():
    head = chain(30000)
    result = total(head)
    head = None
    value, depth = nested(30000), 0
    while value:
        value = value[0]
        depth += 1
    return result, depth, layered(60, 60)


# result: run() == (449985000, 30000, 107970)
