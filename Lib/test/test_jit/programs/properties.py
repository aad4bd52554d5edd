"""Properties, data and non-data descriptors, __getattr__, __getattribute__ and __setattr__ in hot loops."""


class Celsius:
    def __init__(self):
        self._degrees = 0

    @property
    def degrees(self):
        return self._degrees

    @degrees.setter
    def degrees(self, value):
        if value > 1000:
            raise ValueError("too hot")
        self._degrees = value

    @property
    def fahrenheit(self):
        return self.degrees * 9 // 5 + 32


class Counted:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else instance.__dict__.get(self.name, -1)

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value + 1


class Lazy:
    field = Counted()

    def __getattr__(self, name):
        if name.startswith("auto"):
            return len(name)
        raise AttributeError(name)


class Proxy:
    def __init__(self, target):
        object.__setattr__(self, "_target", target)

    def __getattribute__(self, name):
        target = object.__getattribute__(self, "_target")
        return getattr(target, name)

    def __setattr__(self, name, value):
        setattr(object.__getattribute__(self, "_target"), name, value)


def run():
    thermometer, lazy = Celsius(), Lazy()
    proxy = Proxy(thermometer)
    total = failed = 0
    for i in range(6000):
        try:
            thermometer.degrees = i % 1100
        except ValueError:
            failed += 1
        total += thermometer.fahrenheit
        lazy.field = i
        total += lazy.field + lazy.automatic
        if i % 7 == 0:
            proxy.degrees = proxy.degrees // 2
        try:
            lazy.other
        except AttributeError:
            failed += 1
    return total, failed, Lazy.field.name


# result: run() == (23067160, 6495, '_field')
