"""__del__ and the cycle collector inside hot loops: the moments of finalizers, resurrection, new state in __del__."""

import gc


class Noisy:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Noisy.log.append(self.name)


class Cycle:
    dead = 0

    def __init__(self):
        self.me = self

    def __del__(self):
        Cycle.dead += 1


class Phoenix:
    saved = []

    def __del__(self):
        if len(Phoenix.saved) < 3:
            Phoenix.saved.append(self)


class Rebinder:
    """Its finalizer changes a global that the loop reads."""

    def __del__(self):
        global MODE
        MODE = -MODE


MODE = 1


def temporary(i):
    return Noisy(i).name


def run():
    global MODE
    MODE = 1
    Noisy.log.clear()
    Phoenix.saved.clear()
    Cycle.dead = 0
    order = []
    for i in range(2500):
        x = Noisy(("x", i))
        x = Noisy(("y", i))
        order.append(len(Noisy.log))
        temporary(i)
        del x
        order.append(len(Noisy.log))
    first = Noisy.log[:4]
    signs = 0
    for i in range(2500):
        signs += MODE * i
        Rebinder()
        signs += 2 * MODE * i
    gc.collect()
    for i in range(1500):
        Cycle()
        if i % 500 == 499:
            gc.collect()
    for _ in range(50):
        Phoenix()
    return sum(order), order[:6], first, signs, Cycle.dead, len(Phoenix.saved)


# result: run() == (18752500, [1, 3, 4, 6, 7, 9], [('x', 0), 0, ('y', 0), ('x', 1)], 1250, 1500, 3)
