"""Instances whose attributes are in a dict: it was replaced, or they have more attributes than room for inline values.

Loads and stores go by the entry of the dict, methods by the version of the type and a look that the instance hides none.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, in_order, loops
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

THING = """
class Thing:
    def __init__(self, k):
        self.k = k
        self.total = 0
    def get(self):
        return self.k
    def add(self, x):
        self.total += x

def with_dict(thing, **more):
    thing.__dict__ = {**thing.__dict__, **more}
    return thing
"""

STORES = THING + """
things = [with_dict(Thing(k), more=k) for k in range(8)]
def f(n):
    for i in range(n):
        thing = things[i & 7]
        thing.total = i
        thing.more = thing.total
    return [thing.__dict__ for thing in things]
"""

METHODS = THING + """
things = [with_dict(Thing(k)) for k in range(8)]
def f(n):
    t = 0
    for i in range(n):
        t += things[i & 7].get()
    return t
"""


class Operations(unittest.TestCase):
    def test_stores_go_by_the_entry(self):
        (trace,) = loops(STORES)
        self.assertEqual(trace.count("SET_HINTED"), 2)
        self.assertNotIn("SET_ATTR", trace)
        self.assertNotIn("OPAQUE", trace)

    def test_methods_are_known(self):
        (trace,) = loops(METHODS)
        self.assertTrue(in_order(["GUARD_TYPE_VERSION", "GUARD_NO_ATTR", "IADD", "LOOP"], trace), trace)
        self.assertNotIn("GET_METHOD", trace)
        self.assertNotIn("OPAQUE", trace)


class Programs(ForcedExits, unittest.TestCase):
    program = THING + """
import gc, sys, weakref

class Other(Thing):
    def get(self):
        return -self.k

class Watched(dict):
    def __setitem__(self, key, value):
        print("never called", key)

class Loud:
    def __init__(self, log, name): self.log, self.name = log, name
    def __del__(self): self.log.append(self.name)

def plain(n):
    things = [with_dict(Thing(k)) for k in range(5)]
    t = 0
    for i in range(n):
        thing = things[i % 5]
        thing.add(i)
        thing.k = thing.k + 1.5 if i % 3 else i
        t += thing.get()
    return t, [list(thing.__dict__.items()) for thing in things]

def in_another_order(n):
    # The entry of `total` is number 1, 0 and 2.
    things = [with_dict(Thing(1)), Thing(2), Thing(3)]
    things[1].__dict__ = {"total": 0, "k": 2}
    things[2].__dict__ = {"first": 0, "k": 3, "total": 0}
    for i in range(n):
        things[i % 3].total += i
        things[i % 3].k = i
    return [list(thing.__dict__.items()) for thing in things]

def values_and_dicts(n):
    # Inline values, a dict that shares them, a dict of its own, a dict with a key that is no string, another class.
    things = [Thing(1), Thing(2), with_dict(Thing(3)), Thing(4), with_dict(Other(5))]
    things[1].__dict__
    things[3].__dict__ = {5: 6, "k": 7, "total": 8}
    t = 0
    for i in range(n):
        thing = things[i % 5]
        thing.add(i)
        thing.k = thing.k + 1
        t += thing.get()
    return t, [list(thing.__dict__.items()) for thing in things]

def hidden(n):
    thing, log = with_dict(Thing(1)), []
    for i in range(n):
        if i == n // 2:
            thing.get = lambda: 100
        if i == n - 3:
            del thing.get
        log.append(thing.get())
    return log

def class_changed(n):
    class Here(Thing):
        def get(self): return 1
    thing, log = with_dict(Here(1)), []
    for i in range(n):
        if i == n // 2:
            Here.get = lambda self: 2
        if i == n - 4:
            Here.total = property(lambda self: "property", lambda self, x: log.append(x))
        log.append(thing.get())
        thing.total = i
    return log, thing.__dict__

def deleted(n):
    thing, log = with_dict(Thing(1)), []
    for i in range(n):
        thing.total = i
        if i % 7 == 6:
            del thing.total
            try:
                thing.total
            except AttributeError as error:
                log.append(str(error))
    return log, thing.__dict__

def replaced(n):
    thing, dicts = with_dict(Thing(1)), []
    for i in range(n):
        if i % 10 == 9:
            dicts.append(thing.__dict__)
            thing.__dict__ = Watched(k=i, total=0) if i % 20 == 9 else {"total": i}
        thing.total = thing.total + 1
    return dicts, thing.__dict__, sys.getrefcount(thing.__dict__)

def ends(n):
    log, thing = [], with_dict(Thing(0))
    for i in range(n):
        thing.total = Loud(log, i)
        thing.k = [i]
    thing.total = None
    return log

def ends_with_the_object(n):
    # The old value has the last reference to the object.
    log = []
    for i in range(n):
        thing = with_dict(Thing(i))
        thing.total = thing
        thing.loud = Loud(log, i)
        reference = weakref.ref(thing)
        box = [thing]
        del thing
        box.pop().total = i
    gc.collect()
    return len(log), reference()

def lives_on(n):
    kept, thing = [], with_dict(Thing(0))
    for i in range(n):
        value = (i, i)
        thing.total = value
        kept.append(thing.total)
    return kept, [sys.getrefcount(value) for value in kept[:3]], sys.getrefcount(thing)

def collected(n):
    # A dict of strings and numbers is unknown to the collector until there is something for it.
    gone = 0
    for i in range(n):
        thing = Thing(i)
        thing.__dict__ = {"k": 1, "total": 2}
        thing.total = [thing.__dict__, Loud([], i)]
        reference = weakref.ref(thing.total[1])
        del thing
        if i % 50 == 49:
            gc.collect()
            gone += reference() is None
    return gone

def watched(n):
    try:
        import _testcapi
    except ImportError:
        return None
    thing = with_dict(Thing(1))
    watcher = _testcapi.add_dict_watcher(0)
    try:
        for i in range(n):
            if i == n - 5:
                _testcapi.watch_dict(watcher, thing.__dict__)
            thing.total = i
        return _testcapi.get_dict_watcher_events()
    finally:
        _testcapi.unwatch_dict(watcher, thing.__dict__)
        _testcapi.clear_dict_watcher(watcher)

for f in (plain, in_another_order, values_and_dicts, hidden, class_changed, deleted, replaced, ends, ends_with_the_object, lives_on,
          collected, watched):
    for n in 60, 200:
        print(f.__name__, n, f(n))
"""


KEYS = """
import sys
source = """ + repr('''
def g(n):
    k, names = "a b", []
    for i in range(n):
        d = {"a b": i, "c": 2}
        names.append([x is k for x in d])
    return names
''') + """
for turn in range(3):
    space = {}
    exec(compile(source, "x", "exec"), space)
    print(space["g"](600) == [[True, False]] * 600)
"""


class DisplayTests(unittest.TestCase):
    def test_keys_are_those_of_the_code(self):
        # Equal strings of another code object, which nobody interned, are other objects.
        self.assertEqual(run(KEYS), "True\n" * 3)


if __name__ == "__main__":
    unittest.main()
