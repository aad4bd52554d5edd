"""Classes made inside a hot loop; each iteration sees a new type with the same layout."""


def make(i):
    class Local:
        shared = i

        def __init__(self, value):
            self.value = value

        def combined(self):
            return self.value + self.shared + i

    return Local


def use(cls, value):
    instance = cls(value)
    return instance.combined()


def run():
    total = 0
    classes = []
    for i in range(600):
        cls = make(i)
        total += use(cls, i * 2)
        if i % 100 == 0:
            classes.append(cls)
    for i in range(3000):
        total += use(classes[i % len(classes)], i)
    dynamic = type("Dynamic", (), {"go": lambda self, k: k + 1})
    for i in range(3000):
        total += dynamic().go(i)
    return total, [cls.shared for cls in classes]


# result: run() == (11218800, [0, 100, 200, 300, 400, 500])
