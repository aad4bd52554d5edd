"""Objects and numbers that take each other's places: in a slot that a loop knew, in attributes of objects that are not made, at their end."""

import sys
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import sys, gc

class P:
    def __init__(self, x, y):
        self.x = x
        self.y = y

def replaced_by_another(n):
    # A side trace comes back with another object in the slot: the loop must not go on with the attribute of the one before.
    items = [P(3.0, 1), P(4.0, 1), P(5.0, 1)]
    q, r = items[0], 0.0
    for i in range(n):
        if i % 5 == 3:
            q = items[i % 3]
        r += q.x
    return q.x, r

def replaced_by_a_new_one(n):
    items = []
    q, r = P(3.0, items), 0.0
    for i in range(n):
        if i % 3 == 1:
            q = P(i * 0.5, items)
        r += q.x
    return q.x, r

def swapped(n):
    q, o, r = P(3.0, 1), P(4.0, 1), 0.0
    for i in range(n):
        if i % 3 == 1:
            q, o = o, q
        r += q.x
    return q.x, r

def boxed_again(n):
    # k and p.x are one object, also where k goes into another one.
    k = 0.5
    p, q, i = P(k, 2.0), None, 0
    while i < n:
        i += 1
        q = P(k, 1.0)
        if i == n - 3:
            break
        k = k + 1.0
        p = P(k, 2.0)
    return p.x is k, q.x is k

def boxed_in_a_branch(n):
    a, k, items, i = 0.25, 0.5, [], 0
    p, q = P(k, 2.0), None
    while True:
        i += 1
        k = a + i
        p = P(k, 0.0)
        q = None
        if i % 11 == 10:
            q = P(k, 1.0)
            if i > n:
                break
            items.append(k)
        k = 0.0
    return p.x is k, q.x is k, items[-1] is k

def shared_with_a_slot(n):
    k, a, i = 0.5, 0.25, 0
    p = P(k, 2.0)
    while True:
        i += 1
        if i > n:
            break
        k = a + i
        p = P(k, 0.0)
        if i % 11 == 10:
            continue
        p = P(k + 1.0, 0.0)
    return p.x is k

def shared_with_another(n):
    a, i, k = 0.25, 0, 0.5
    p, q = P(k, 1.0), P(k, 1.0)
    while True:
        i += 1
        if i > n:
            break
        k = a + i
        p = P(k, 0.0)
        q = P(k, 0.0)
        if i % 11 == 10:
            k = 0.0
            continue
        q = P(k + 1.0, 0.0)
        p = P(k + 2.0, 0.0)
        k = 0.0
    return p.x is q.x

def shared_with_itself(n):
    a, i, k = 0.25, 0, 0.5
    p = P(k, 1.0)
    while True:
        i += 1
        if i > n:
            break
        k = a + i
        p = P(k, k)
        if i % 11 == 10:
            k = 0.0
            continue
        p = P(k + 2.0, k + 1.0)
        k = 0.0
    return p.x is p.y

def equal_but_two(n, a=1.5, b=2.5):
    # The same sum twice is two objects.
    p, i = P(0.5, 0.5), 0
    while True:
        i += 1
        k = a + b
        if i == n:
            break
        p = P(a + b, p.y + 1.0)
    return p.x is k

def nothing_added(n):
    p, i = P(500, 2.0), 0
    while True:
        i += 1
        j = p.x + 0
        if i == n:
            break
        p = P(j + 1, 2.0)
    return p.x is j

def nothing_added_and_boxed(n):
    p, q, i = P(500, 2.0), None, 0
    while True:
        i += 1
        j = p.x + 0
        q = P(j, 1.0)
        if i == n:
            break
        q = None
        p = P(j + 1, 2.0)
    return p.x is j, q.x is j

def stored_alone(n):
    k, i = 0.5, 0
    p, q = P(k, 2.0), P(1.0, 1.0)
    while True:
        i += 1
        q.x, k = k, 0.0
        if i == n:
            break
        k = q.x + 1.0
        p = P(k, 2.0)
    return p.x is q.x

def constants(n):
    # An attribute of an object that is not made is a constant in some iterations, and goes to other names.
    def step(p, k):
        p.x = p.x * 0.5 + k
        return p
    def swap(a, b):
        return b, a
    p, q, k, j = P(1.0, 2.0), P(3.0, 4.0), 0.5, 1.25
    for i in range(n):
        if abs(q.x) > 1e6:
            q = P(3.0, 4.0)
        p = P(step(p, j).x + p.x, p.y)
        p, q = swap(p, q)
        j = i
        try:
            if i % 11 == 4:
                k = p.x
                continue
            p = P(k + 0.5 + 0.5, p.x)
            1 // (i % 19)
        except ZeroDivisionError:
            q, j, k = p, k, p.x
        if not -1e9 < k < 1e9:
            k = 1.5
    return p.x, p.y, q.x, q.y, k, j

class Silent:
    pass

class Loud:
    def __del__(self):
        seen = sys._getframe(1).f_locals.get("i")
        log.append(seen == self.i)

log = []

def ends_at_once(n):
    # All references to an object are in objects that are not made, and end together.
    items = [Silent() for i in range(n)]
    for i in range(n // 2, n):
        items[n - 1 - i] = Loud()
        items[n - 1 - i].i = i
    log.clear()
    for i in range(n):
        x = items.pop()
        if i & 1:
            p = P(x, P(x, P(x, x)))
        else:
            p = (x, (x, (x, x)))
        x = None
        p = None
    return len(log), all(log)

def run():
    return [repr((f(200), f(207))) for f in (
        replaced_by_another, replaced_by_a_new_one, swapped, boxed_again, boxed_in_a_branch, shared_with_a_slot, shared_with_another,
        shared_with_itself, equal_but_two, nothing_added, nothing_added_and_boxed, stored_alone, constants,
        ends_at_once)]

"""
    + RUN_AND_COUNT
)


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "forward", "virtual", "side", "fold,cse,forward,dead,peel"


if __name__ == "__main__":
    unittest.main()
