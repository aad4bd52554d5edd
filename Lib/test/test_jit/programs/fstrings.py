"""Formatted text in hot loops: conversions, format specifications, __format__, nested fields, percent and format()."""


class Angle:
    def __init__(self, degrees):
        self.degrees = degrees

    def __format__(self, spec):
        return f"<{self.degrees}{spec}>"

    def __str__(self):
        return "angle"

    def __repr__(self):
        return f"Angle({self.degrees})"


def run():
    total = 0
    sample = []
    width = 8
    for i in range(3000):
        angle = Angle(i)
        text = f"{i}:{i / 7:.3f}:{i:>{width}}|{'x' * (i % 3)!r}|{angle:deg}|{angle!s}|{angle!r}"
        text += "%d-%s-%5.1f" % (i, "p", i * 0.5) + "{0:x}/{name}".format(i, name=text[:2])
        total += len(text)
        if i % 1000 == 999:
            sample.append(text)
        try:
            total += len(f"{i:{'z' if i % 50 == 0 else 'd'}}")
        except ValueError as error:
            total += len(str(error))
    return total, sample


# result: digest(run()) == '6a18dd59b326b0b7'
