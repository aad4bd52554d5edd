"""Delegation: yield from generators, lists and other iterators; values sent through; recursion of generators."""


class Node:
    def __init__(self, key):
        self.key = key
        self.left = self.right = None

    def insert(self, key):
        if key < self.key:
            if self.left is None:
                self.left = Node(key)
            else:
                self.left.insert(key)
        elif self.right is None:
            self.right = Node(key)
        else:
            self.right.insert(key)

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.key
        if self.right is not None:
            yield from self.right


def inner(limit):
    got = 0
    for i in range(limit):
        reply = yield i
        if reply is not None:
            got += reply
    return got


def stop_over(value):
    got = yield value
    return got


def outer(limit):
    first = yield from inner(limit)
    yield from stop_over(first)
    second = yield from inner(limit)
    return first + second


def flatten(value):
    if isinstance(value, list):
        for item in value:
            yield from flatten(item)
    else:
        yield value


def run():
    root = Node(500)
    key = 1
    for _ in range(700):
        key = key * 421 % 1009
        root.insert(key)
    total = 0
    for _ in range(4):
        for key in root:
            total += key
    talk = outer(1500)
    seen = next(talk)
    end = None
    while end is None:
        try:
            seen += talk.send(2) if seen % 2 else next(talk)
        except StopIteration as stop:
            end = stop.value
    nested = [1, [2, [3, [4, [5, 6]], 7]], [[8]]]
    flat = 0
    for _ in range(400):
        flat += sum(flatten(nested))
    return total, seen, end, flat


# result: run() == (1408628, 2250000, 3000, 14400)
