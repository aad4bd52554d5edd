"""The JIT as a whole: recording, executors, exits, invalidation, memory, what users see.

Each test runs its program in a fresh interpreter with thresholds of its own, so that the state of one test is not the
state of the next.  The programs print what they find; the tests compare.
"""

import json
import os
import re
import tempfile
import textwrap
import subprocess
import sys

import unittest
from test import support


def setUpModule():
    if not sys._jit.is_available() and "without --enable-experimental-jit" in sys._jit.unavailable_reason():
        raise unittest.SkipTest("this python was built without the JIT")


PRELUDE = """
import sys, json
def executors(code):
    import _opcode
    found = []
    for offset in range(0, len(code.co_code), 2):
        try:
            found.append(_opcode.get_executor(code, offset))
        except ValueError:
            pass
    return found
def report(**values):
    print(json.dumps(values))
"""


def run(source, *options, env=None, thresholds=(20, 20, 5), timeout=120):
    """The object that the program reports, after it ended with code 0 and nothing on standard error."""
    program = PRELUDE + textwrap.dedent(source)
    environ = dict(os.environ)
    for name in list(environ):
        if name.startswith("PYTHON_JIT"):
            del environ[name]
    for name in ("PYTHON_JIT_BACKEND", "PYTHON_JIT_TYPED"):
        if os.environ.get(name):
            environ[name] = os.environ[name]
    loop, call, exit_ = thresholds
    environ.update(
        PYTHON_JIT="1",
        PYTHON_JIT_LOOP_THRESHOLD=str(loop),
        PYTHON_JIT_CALL_THRESHOLD=str(call),
        PYTHON_JIT_EXIT_THRESHOLD=str(exit_),
        PYTHON_JIT_MIN_RATE="0",       # slow machines
    )
    environ.update(env or {})
    done = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, text=True, env=environ, timeout=timeout
    )
    if done.returncode != 0 or (done.stderr and not re.search(r"^\[\d+ refs", done.stderr)):
        raise AssertionError(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


class Surface(unittest.TestCase):
    def test_on_and_off(self):
        source = "report(available=sys._jit.is_available(), enabled=sys._jit.is_enabled())"
        for env, options, enabled in [
            ({"PYTHON_JIT": "1"}, [], True),
            ({"PYTHON_JIT": "0"}, [], False),
            ({"PYTHON_JIT": "0"}, ["-X", "jit=on"], True),
            ({"PYTHON_JIT": "1"}, ["-X", "jit=off"], False),
            ({"PYTHON_JIT": "0"}, ["-X", "jit"], True),
        ]:
            with self.subTest(env=env, options=options):
                self.assertEqual(run(source, *options, env=env), {"available": True, "enabled": enabled})

    def test_bad_options_are_named_and_ignored(self):
        without = {name: "" for name in os.environ if name.startswith("PYTHON_JIT")}
        for env, options, words in [
            ({}, ["-X", "jit=perhaps"], ["-X jit=perhaps", "on, yes"]),
            ({"PYTHON_JIT": "perhaps"}, [], ["PYTHON_JIT=perhaps", "on, yes"]),
            ({}, ["-X", "jit-typed=2"], ["-X jit-typed=2", "on, yes"]),
            ({}, ["-X", "jit-memory-limit"], ["-X jit-memory-limit=", "from 1 to 1024"]),
            ({}, ["-X", "jit-memory-limti=3"], ["-X jit-memory-limti=3", "no such option"]),
            ({"PYTHON_JIT_PASSES_OFF": "all"}, [], ["PYTHON_JIT_PASSES_OFF=all", "names of passes"]),
            ({"PYTHON_JIT_TRACE_LIMIT": "many"}, [], ["PYTHON_JIT_TRACE_LIMIT", "a whole number from 4 to 4000"]),
            ({"PYTHON_JIT_MEMORY_LIMIT": "0"}, [], ["PYTHON_JIT_MEMORY_LIMIT", "from 1 to 1024"]),
            ({}, ["-X", "jit-memory-limit=-3"], ["jit-memory-limit", "from 1 to 1024"]),
            ({"PYTHON_JIT_BACKEND": "abacus"}, [], ["PYTHON_JIT_BACKEND", "native or interpreter"]),
            ({"PYTHON_JIT_LOG": "/no/such/folder/log"}, [], ["PYTHON_JIT_LOG", "cannot open"]),
        ]:
            with self.subTest(env=env, options=options):
                done = [
                    subprocess.run(
                        [sys.executable, *more, "-c", "import sys; print(sys._jit.is_enabled(), sys._jit.options())"],
                        capture_output=True,
                        text=True,
                        env={**os.environ, **given},
                    )
                    for more, given in [(options, {**without, **env}), ([], without)]
                ]
                self.assertEqual([one.returncode for one in done], [0, 0])
                self.assertEqual(done[0].stdout, done[1].stdout)
                warnings = [line for line in done[0].stderr.splitlines() if line.startswith("python: ")]
                self.assertEqual(len(warnings), 1, done[0].stderr)
                for word in words:
                    self.assertIn(word, warnings[0])

    def test_switches_take_the_same_words(self):
        source = "report(enabled=sys._jit.is_enabled(), **sys._jit.options())"
        for words, value in [("on yes True Y 1", 1), ("off no False N 0", 0)]:
            for word in words.split():
                with self.subTest(word=word):
                    result = run(source, env={"PYTHON_JIT": word, "PYTHON_JIT_TYPED": word})
                    self.assertEqual([result["enabled"], result["typed"]], [value == 1, value])
                    result = run(source, "-X", f"jit={word}", "-X", f"jit-frames={word}")
                    self.assertEqual([result["enabled"], result["frames"]], [value == 1, value])
        self.assertEqual(run(source, "-X", "jit-frames")["frames"], 1)

    def test_options_are_read(self):
        options = run(
            "report(**sys._jit.options())", "-X", "jit-memory-limit=7", env={"PYTHON_JIT_TRACE_LIMIT": "99"}
        )
        self.assertEqual(options["memory_limit"], 7)
        self.assertEqual(options["trace_limit"], 99)
        self.assertEqual(options["loop_threshold"], 20)

    def test_stats_have_units(self):
        result = run("report(stats=sorted(sys._jit.stats()), units=sorted(sys._jit.units()))")
        self.assertEqual(result["stats"], result["units"])

    def test_log_names_traces_and_aborts(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            stats = run(
                """
                def hot():
                    total = 0
                    for i in range(1000):
                        total += i
                    return total
                hot()
                report(**sys._jit.stats())
                """,
                env={"PYTHON_JIT_LOG": path},
            )
            with open(path) as file:
                log = file.read()
        self.assertRegex(
            log,
            r"(?m)^\[\d+\] trace \d+ +loop +<string>:\d+ hot +\d+ ops +\d+ uops .* us"
            r" +[\d.]+ us/100 ops +[\d.]+ us/100 uops +back at its start$",
        )
        recorded = re.findall(r"(?m)^\[\d+\] trace .* (\d+) ops +(\d+) uops", log)
        self.assertEqual(stats["instructions"], sum(int(ops) for ops, uops in recorded))
        self.assertEqual(stats["uops"], sum(int(uops) for ops, uops in recorded))
        self.assertGreater(stats["uops"], stats["instructions"])

    def test_dump_is_a_graph_of_the_executors(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "graph.dot")
            run(
                f"""
                def hot(n):
                    total = 0
                    for i in range(n):
                        if i % 2:
                            total += i
                        else:
                            total -= 1
                    return total
                hot(2000)
                sys._dump_tracelets({path!r})
                report()
                """
            )
            with open(path) as file:
                graph = file.read()
        self.assertTrue(graph.startswith("digraph"))
        self.assertIn("RANGE_NEXT", graph)
        self.assertRegex(graph, r"e\d+:i\d+ -> e\d+:start")
        self.assertEqual(graph.count("{"), graph.count("}"))

    def test_dump_to_a_bad_path(self):
        with self.assertRaises(OSError):
            sys._dump_tracelets("/no/such/folder/graph.dot")

    def test_is_active(self):
        result = run(
            """
            def hot():
                seen = []
                for i in range(1000):
                    seen.append(sys._jit.is_active())
                return seen
            seen = hot()
            report(first=seen[0], last=seen[-1], outside=sys._jit.is_active())
            """
        )
        self.assertEqual(result, {"first": False, "last": True, "outside": False})

    def test_is_active_in_a_side_trace(self):
        result = run(
            """
            def hot():
                seen = [], []
                for i in range(1000):
                    if i & 1:
                        seen[1].append(sys._jit.is_active())
                    else:
                        seen[0].append(sys._jit.is_active())
                return seen
            even, odd = hot()
            traces = sum("START_SIDE" in text for text in sys._jit._ir_traces())
            report(traces=traces, last=[even[-1], odd[-1]])
            """
        )
        self.assertGreater(result["traces"], 0)
        self.assertEqual(result["last"], [True, True])

    def test_entries_of_side_traces_are_counted(self):
        # Each second iteration goes through the side trace, whatever it begins with.
        for env in {}, {"PYTHON_JIT_PASSES_OFF": "side"}, {"PYTHON_JIT_TYPED": "0"}:
            for backend in "native", "interpreter":
                with self.subTest(backend=backend, **env), tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "graph.dot")
                    run(
                        f"""
                        def hot(n):
                            total = 0
                            for i in range(n):
                                if i & 1:
                                    total += i
                                else:
                                    total -= 1
                            return total
                        hot(4000)
                        sys._dump_tracelets({path!r})
                        report()
                        """,
                        env={"PYTHON_JIT_BACKEND": backend, **env},
                    )
                    with open(path) as file:
                        entered = re.findall(r"<b>\d+ side [^\n]* hot</b><br/>entered (\d+) times", file.read())
                    self.assertGreater(sum(map(int, entered)), 1900)
                    self.assertLess(sum(map(int, entered)), 2100)

    def test_set_enabled_at_run_time(self):
        result = run(
            """
            def hot():
                total = 0
                for i in range(1000):
                    total += i
                return total
            hot()
            before = sys._jit.stats()["executors"]
            sys._jit.set_enabled(False)
            hot()
            off = sys._jit.stats()["executors"]
            sys._jit.set_enabled(True)
            hot()
            report(before=before > 0, off=off, after=sys._jit.stats()["executors"] > 0)
            """
        )
        self.assertEqual(result, {"before": True, "off": 0, "after": True})

    def test_subinterpreters_stay_in_tier_1(self):
        result = run(
            """
            import _interpreters
            interp = _interpreters.create()
            _interpreters.run_string(interp, '''if True:
                import sys
                for i in range(5000):
                    pass
                assert not sys._jit.is_enabled()
                assert "main interpreter" in sys._jit.unavailable_reason()
                ''')
            _interpreters.destroy(interp)
            report(enabled=sys._jit.is_enabled())
            """
        )
        self.assertEqual(result, {"enabled": True})


class Traces(unittest.TestCase):
    def test_a_loop_becomes_an_executor(self):
        result = run(
            """
            def hot():
                total = 0
                for i in range(1000):
                    total += i
                return total
            value = hot()
            found = executors(hot.__code__)
            report(value=value, found=len(found), valid=found[0].is_valid(), trace=found[0].get_trace(),
                   loops=sys._jit.stats()["traces_loop"])
            """,
            env={"PYTHON_JIT_TYPED": "0"},
        )
        self.assertEqual(result["value"], sum(range(1000)))
        self.assertEqual(result["found"], 1)
        self.assertTrue(result["valid"])
        self.assertGreaterEqual(result["loops"], 1)
        for operation in ["START", "FOR_ITER_RANGE", "GUARD_IP", "BINARY_OP_ADD_INT", "LOOP"]:
            self.assertIn(operation, result["trace"])

    def test_machine_code_runs_where_it_is_made(self):
        result = run(
            """
            def hot():
                for i in range(1000):
                    pass
            hot()
            report(code=executors(hot.__code__)[0].get_jit_code() is not None, backend=sys._jit.options()["backend"])
            """
        )
        self.assertEqual(result["code"], result["backend"] == "native")

    def test_a_function_becomes_an_executor(self):
        result = run(
            """
            def leaf(x):
                y = (x * 3 + 1) % 1009
                y = (y * 3 + 1) % 1009
                y = (y * 3 + 1) % 1009
                y = (y * 3 + 1) % 1009
                return y
            def call(n, f):
                return list(map(f, range(n)))
            before = call(10, leaf)
            values = call(500, leaf)
            report(ok=values[:10] == before, functions=sys._jit.stats()["traces_function"],
                   found=len(executors(leaf.__code__)))
            """
        )
        self.assertEqual(result["ok"], True)
        self.assertGreaterEqual(result["functions"], 1)
        self.assertEqual(result["found"], 1)

    def test_calls_are_recorded_through(self):
        result = run(
            """
            def inner(x):
                return x * 2
            def hot():
                total = 0
                for i in range(1000):
                    total += inner(i)
                return total
            value = hot()
            report(value=value, trace=executors(hot.__code__)[0].get_trace())
            """
        )
        self.assertEqual(result["value"], sum(2 * i for i in range(1000)))
        self.assertIn("inner", result["trace"])
        self.assertIn("RETURN_VALUE", result["trace"])

    def test_hot_exits_are_linked(self):
        result = run(
            """
            def hot(n):
                a = b = 0
                for i in range(n):
                    if i % 3 == 0:
                        a += i
                    else:
                        b += i
                return a, b
            value = hot(3000)
            early = sys._jit.stats()["exits_taken"]
            hot(30000)
            late = sys._jit.stats()["exits_taken"]
            report(value=value, sides=sys._jit.stats()["traces_side"], links=sys._jit.stats()["links"],
                   more=late - early)
            """
        )
        self.assertEqual(result["value"], [sum(range(0, 3000, 3)), sum(i for i in range(3000) if i % 3)])
        self.assertGreaterEqual(result["sides"], 1)
        self.assertGreaterEqual(result["links"], 1)
        self.assertLess(result["more"], 200)       # 30,000 iterations, hardly one of them through tier 1

    def test_dynamic_exits_are_linked(self):
        # A call site with three targets: each one is reached without a stop in tier 1.
        result = run(
            """
            def one(x): return x + 1
            def two(x): return x + 2
            def three(x): return x + 3
            def hot(n):
                total = 0
                funcs = [one, two, three]
                for i in range(n):
                    total += funcs[i % 3](i)
                return total
            hot(5000)
            early = sys._jit.stats()["exits_taken"]
            value = hot(30000)
            report(value=value, more=sys._jit.stats()["exits_taken"] - early)
            """
        )
        self.assertEqual(result["value"], sum(i + 1 + i % 3 for i in range(30000)))
        self.assertLess(result["more"], 2000)

    def test_a_call_site_with_many_targets(self):
        # More than an exit has links.  The compiled functions are entered all the same.
        result = run(
            """
            def make(k):
                names = {}
                exec(f"def f(a):\\n b = a + {k}; c = a\\n" + " c = c + b; b = c ^ b\\n" * 6 + " return b + c", names)
                return names["f"]
            functions = [make(k) for k in range(20)]
            def hot(n):
                total = 0
                for i in range(n):
                    total += functions[i * 7 % 20](i)
                return total
            expected = sum(functions[i * 7 % 20](i) for i in range(20_000))
            hot(5000)
            early = sys._jit.stats()["exits_taken"]
            report(same=hot(20_000) == expected, more=sys._jit.stats()["exits_taken"] - early)
            """
        )
        self.assertTrue(result["same"])
        self.assertLess(result["more"], 2000)

    def test_what_cannot_be_traced_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            run(
                """
                import functools
                def broken(x, y):
                    raise ValueError
                def hot():
                    for i in range(2000):
                        try:
                            functools.reduce(broken, "ab")
                        except ValueError:
                            pass
                hot()
                report()
                """,
                env={"PYTHON_JIT_LOG": path},
            )
            with open(path) as file:
                log = file.read()
        self.assertRegex(log, r"instruction cannot be traced|an exception was raised")

    def test_failing_sites_are_given_up(self):
        result = run(
            """
            import functools
            def broken(x, y):
                raise ValueError
            def hot(n):
                for i in range(n):
                    try:
                        functools.reduce(broken, "ab")
                    except ValueError:
                        pass
            hot(20000)
            aborts = sum(sys._jit.stats()["aborts"].values())
            hot(20000)
            report(more=sum(sys._jit.stats()["aborts"].values()) - aborts, given_up=sys._jit.stats()["given_up"])
            """,
            thresholds=(5, 5, 2),
        )
        self.assertLess(result["more"], 10)
        self.assertGreaterEqual(result["given_up"], 1)

    def test_stale_checks_are_recorded_anew(self):
        # A class that changes now and then: its version is in every trace, and no trace stays behind for good.
        result = run(
            """
            class Counter:
                made = 0
                def __init__(self):
                    self.n = 0
                def step(self):
                    self.n += 1
                    return self.n
            def hot(n):
                c = Counter()
                for i in range(n):
                    c.step()
                return c.n
            for k in range(40):
                Counter.made += 1
                hot(2000)
            taken = sys._jit.stats()["exits_taken"]
            value = hot(20000)
            report(value=value, more=sys._jit.stats()["exits_taken"] - taken)
            """
        )
        self.assertEqual(result["value"], 20000)
        self.assertLess(result["more"], 2000)

    def test_a_compiled_function_is_inlined(self):
        body = "".join("    x = (x * 3 + 1) % 1009\n" for _ in range(8))
        result = run(
            f"""exec({("def leaf(x):" + chr(10) + body + "    return x" + chr(10))!r})
list(map(leaf, range(500)))
def hot(n):
    total = 0
    for i in range(n):
        total += leaf(i)
    return total
value = hot(1000)
report(compiled=len(executors(leaf.__code__)), traces=sys._jit._ir_traces(),
       same=value == sum(leaf(i) for i in range(1000)))
"""
        )
        self.assertTrue(result["same"])
        self.assertEqual(result["compiled"], 1)
        whole = [t for t in result["traces"] if " hot" in t and " leaf" in t and "  LOOP" in t]
        self.assertTrue(whole, "no loop of hot with leaf inside")

    def test_short_functions_stay_in_tier_1(self):
        result = run(
            """
            def leaf(x):
                return x + 1
            exec("leaf(1)\\n" * 500)          # C would enter its trace
            report(compiled=len(executors(leaf.__code__)), aborts=sys._jit.stats()["aborts"])
            """
        )
        self.assertEqual(result["compiled"], 0)
        self.assertGreaterEqual(result["aborts"]["too short to gain by itself"], 1)

    def test_short_functions_do_not_make_others_wait(self):
        # There are fewer counters than short functions here: each one is shared with some of them.
        body = "".join("    x = (x * 3 + 1) % 1009\n" for _ in range(8))
        result = run(
            f"""exec({("def leaf(x):" + chr(10) + body + "    return x" + chr(10))!r})
def call(f, n):
    return list(map(f, range(n)))
short = []
for k in range(4000):
    space = dict()
    exec("def f(x): return x", space)
    exec(("f(1)" + chr(10)) * 50, space)
    short.append(space["f"])
# The first call may be one in which `call` itself is recorded, which takes as long as it runs.
call(leaf, 100)
call(leaf, 100)
report(found=len(executors(leaf.__code__)), aborts=sys._jit.stats()["aborts"])
"""
        )
        self.assertGreaterEqual(result["aborts"]["too short to gain by itself"], 1000)
        self.assertEqual(result["found"], 1)

    def test_loops_that_leave_to_c_are_no_loops(self):
        # Each iteration is an item for C: a trace of its own, from the instruction behind the yield on.
        result = run(
            """
            def produce(n):
                for i in range(n):
                    yield i
            def long(n):
                for i in range(n):
                    a = i + 1; b = a + i; c = b + a; d = c + b; e = d + c; f = e + d; g = f + e
                    yield g
            totals = sum(produce(2000)), sum(long(2000))
            report(totals=totals, found=[len(executors(f.__code__)) for f in (produce, long)],
                   loops=[text for text in sys._jit._ir_traces() if " produce\\n" in text and " LOOP" in text],
                   aborts=sys._jit.stats()["aborts"])
            """
        )
        self.assertEqual(result["totals"], [sum(range(2000)), sum(21 * i + 13 for i in range(2000))])
        self.assertEqual(result["found"], [1, 1])
        self.assertEqual(result["loops"], [])
        self.assertGreaterEqual(result["aborts"]["too short to gain by itself"], 1)

    def test_sites_reached_too_rarely_stay_in_tier_1(self):
        # Each call is followed by milliseconds of work elsewhere: no trace would repay its code.
        source = """
            def rare(a):
                b = a + 1; c = b + a; d = c + b; e = d + c; f = e + d; g = f + e; h = g + f
                return h
            for i in range(400):
                rare(i)
                sum(range(200_000))
            report(found=len(executors(rare.__code__)), too_rare=sys._jit.stats()["too_rare"])
        """
        result = run(source, "-X", "jit-min-rate=10000", thresholds=(3800, 100, 5))
        self.assertEqual(result["found"], 0)
        self.assertGreaterEqual(result["too_rare"], 1)
        result = run(source, thresholds=(3800, 100, 5))
        self.assertEqual(result, {"found": 1, "too_rare": 0})

    def test_loops_that_run_once_are_seldom_recorded(self):
        # Recording meets the end of the loop each time.
        result = run(
            """
            def once(i):
                for j in (i,):
                    i += j
                return i
            total = sum(map(once, range(20_000)))      # C calls it: no trace around the loop
            report(total=total, ended=sys._jit.stats()["aborts"]["the loop ended"])
            """,
            thresholds=(400, 60000, 5),
        )
        self.assertEqual(result["total"], 2 * sum(range(20_000)))
        self.assertGreaterEqual(result["ended"], 1)
        self.assertLess(result["ended"], 400)

    def test_extended_args(self):
        names = "\n".join(f"    v{i} = {i} + n" for i in range(300))
        total = " + ".join(f"v{i}" for i in range(300))
        source = f"def hot(n):\n{names}\n    t = 0\n    for i in range(100):\n        t += {total}\n    return t\n"
        result = run(f"exec({source!r})\nreport(value=hot(1), found=len(executors(hot.__code__)))")
        self.assertEqual(result["value"], 100 * sum(i + 1 for i in range(300)))
        self.assertGreaterEqual(result["found"], 1)

    def test_generators(self):
        result = run(
            """
            def produce(n):
                for i in range(n):
                    yield i
            def relay(n):
                yield from produce(n)
            def hot(n):
                total = 0
                for x in relay(n):
                    total += x
                return total
            report(value=hot(3000))
            """
        )
        self.assertEqual(result["value"], sum(range(3000)))

    def test_classes_and_init(self):
        result = run(
            """
            class Point:
                def __init__(self, x, y):
                    self.x = x
                    self.y = y
                def norm(self):
                    return self.x * self.x + self.y * self.y
            def hot(n):
                total = 0
                for i in range(n):
                    total += Point(i, 1).norm()
                return total
            report(value=hot(3000))
            """
        )
        self.assertEqual(result["value"], sum(i * i + 1 for i in range(3000)))


class Invalidation(unittest.TestCase):
    def test_monitoring_switched_on_inside_a_trace(self):
        result = run(
            """
            lines = []
            def callback(code, line):
                lines.append(line)
            def switch(i):
                if i == 700:
                    m = sys.monitoring
                    m.use_tool_id(3, "test")
                    m.register_callback(3, m.events.LINE, callback)
                    m.set_events(3, m.events.LINE)
                if i == 710:
                    sys.monitoring.set_events(3, 0)
            def hot():
                total = 0
                for i in range(1000):
                    switch(i)
                    total += i
                return total
            value = hot()
            first = hot.__code__.co_firstlineno
            report(value=value, seen=sum(line == first + 4 for line in lines))
            """
        )
        self.assertEqual(result["value"], sum(range(1000)))
        self.assertEqual(result["seen"], 10)

    def test_settrace_inside_a_trace(self):
        result = run(
            """
            seen = []
            def tracer(frame, event, arg):
                seen.append((event, frame.f_code.co_name))
                return tracer
            def poke(i):
                if i == 500:
                    sys.settrace(tracer)
                elif i == 502:
                    sys.settrace(None)
            def hot():
                for i in range(1000):
                    poke(i)
            hot()
            report(calls=seen.count(("call", "poke")))
            """
        )
        self.assertEqual(result["calls"], 2)

    def test_inlined_code_goes_away(self):
        # The callee's code object dies while traces hold pointers into it.
        result = run(
            """
            import gc
            def hot(f, n):
                total = 0
                for i in range(n):
                    total += f(i)
                return total
            total = 0
            for k in range(60):
                space = {}
                exec(f"def f(x):\\n    return x + {k}\\n", space)
                total += hot(space["f"], 200)
                del space
                gc.collect()
            report(total=total)
            """
        )
        self.assertEqual(result["total"], sum(200 * k + sum(range(200)) for k in range(60)))

    def test_code_that_dies_while_it_is_recorded(self):
        result = run(
            """
            def hot(n):
                total = 0
                for i in range(n):
                    total += eval("(lambda x: x + 1)(3)")
                return total
            report(total=hot(400))
            """
        )
        self.assertEqual(result["total"], 1600)

    def test_an_executor_outlives_its_code(self):
        result = run(
            """
            import gc
            space = {}
            exec('''def hot(n):
                for i in range(n):
                    pass
            ''', space)
            space["hot"](4000)
            kept = executors(space["hot"].__code__)[0]
            alive = kept.get_trace()
            del space
            gc.collect()
            report(alive=alive, dead=kept.get_trace(), valid=kept.is_valid())
            """,
            env={"PYTHONMALLOC": "debug"},      # freed memory is filled with a pattern
        )
        self.assertFalse(result["valid"])
        self.assertIn("hot", result["alive"].splitlines()[0])
        self.assertEqual(result["dead"].splitlines()[0], "code c0")
        self.assertEqual(result["dead"].splitlines()[1:], result["alive"].splitlines()[1:])

    def test_executors_are_collected(self):
        result = run(
            """
            import gc
            before = sys._jit.stats()["executors"]      # of the modules imported above
            for k in range(50):
                space = {}
                exec(f'''def hot(n):
                    total = {k}
                    for i in range(n):
                        for j in range(3):
                            if i % 2:
                                total += j
                            else:
                                total -= j
                    return total
                ''', space)
                space["hot"](400)
            del space
            gc.collect()
            report(left=sys._jit.stats()["executors"] - before, made=sys._jit.stats()["traces"])
            """
        )
        self.assertGreater(result["made"], 50)
        self.assertLess(result["left"], 10)

    def test_clear_internal_caches_inside_a_trace(self):
        result = run(
            """
            import sys, warnings
            warnings.simplefilter("ignore")
            def hot(n):
                total = 0
                for i in range(n):
                    if i % 100 == 99:
                        sys._clear_internal_caches()
                    total += i
                return total
            report(total=hot(3000))
            """
        )
        self.assertEqual(result["total"], sum(range(3000)))


class Memory(unittest.TestCase):
    def test_the_limit_holds(self):
        result = run(
            """
            worst = 0
            keep = []
            for k in range(3000):
                space = {}
                exec(f'''def hot(n):
                    total = {k}
                    for i in range(n):
                        total += i * {k} - len(str(i))
                    return total
                ''', space)
                keep.append(space["hot"])
                space["hot"](30)
                stats = sys._jit.stats()
                worst = max(worst, stats["code_bytes"] + stats["metadata_bytes"])
            report(worst=worst, evictions=sys._jit.stats()["evictions"], ok=keep[5](3) == 5 + 15 - 3)
            """,
            "-X",
            "jit-memory-limit=1",
        )
        self.assertLessEqual(result["worst"], 1 << 20)
        self.assertGreater(result["evictions"], 0)
        self.assertTrue(result["ok"])

    def test_executor_dropped_where_recording_links_to_it(self):
        # The trace of the outer loop ends at the inner one's executor; making room for it drops that executor while
        # its ENTER_EXECUTOR is being dispatched.
        result = run(
            """
            total = 0
            for k in range(1500):
                space = {}
                exec(f'''def hot(n):
                    total = {k}
                    for i in range(n):
                        total += len(str(i)) * {k}
                        for j in range(30):
                            total += j
                        total -= len(str(i)) * {k}
                    return total
                ''', space)
                total += space["hot"](30)
            report(total=total, evictions=sys._jit.stats()["evictions"])
            """,
            "-X",
            "jit-memory-limit=1",
        )
        self.assertEqual(result["total"], sum(range(1500)) + 1500 * 30 * sum(range(30)))
        self.assertGreater(result["evictions"], 0)

    @unittest.skipUnless(sys.platform == "linux", "needs prctl(PR_SET_MDWE)")
    def test_executable_memory_refused_at_start(self):
        # A parent that forbids itself to make memory executable; the child inherits it.
        source = textwrap.dedent(
            """
            import ctypes, os, subprocess, sys
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(65, 1, 0, 0, 0) != 0:
                print("no mdwe")
                raise SystemExit
            program = "import sys\\nfor i in range(100000): pass\\nprint(sys._jit.is_available(), sys._jit.unavailable_reason())"
            sys.stdout.flush()
            os.execv(sys.executable, [sys.executable, "-c", program])
            """
        )
        self.check_refused(source)

    @unittest.skipUnless(sys.platform == "linux", "needs prctl(PR_SET_MDWE)")
    def test_executable_memory_refused_later(self):
        source = textwrap.dedent(
            """
            import ctypes, sys
            def warm(n):
                total = 0
                for i in range(n):
                    total += i
                return total
            warm(100)
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(65, 1, 0, 0, 0) != 0:
                print("no mdwe")
                raise SystemExit
            # There may be room left that is executable already.
            for k in range(2000):
                space = {}
                exec("def hot(n):\\n total = 0\\n for i in range(n):\\n  total += 2 * i\\n return total\\n", space)
                assert space["hot"](100) == 100 * 99
                warm.__dict__[k] = space["hot"]
                if not sys._jit.is_available():
                    break
            assert warm(10000) == 10000 * 9999 // 2
            print(sys._jit.is_available(), sys._jit.unavailable_reason())
            """
        )
        self.check_refused(source)

    def check_refused(self, source):
        env = {**os.environ, "PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "20", "PYTHON_JIT_MIN_RATE": "0"}
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        if "no mdwe" in done.stdout:
            self.skipTest("this kernel has no PR_SET_MDWE")
        if sys._jit.options()["backend"] == "interpreter":
            self.assertIn("True None", done.stdout)
        else:
            self.assertRegex(done.stdout, r"False .*memory")

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_fork_and_compile(self):
        # Code lies in shared memory; what one process compiles after a fork must not turn up in the other.
        source = textwrap.dedent(
            """
            import gc, os, sys
            def make(k):
                space = {}
                exec(f"def hot(n):\\n t = {k}\\n for i in range(n):\\n  t += i * {k}\\n return t\\n", space)
                assert space["hot"](100) == k + k * 4950
                return k, space["hot"]
            def check(functions):
                for k, hot in functions:
                    assert hot(100) == k + k * 4950, k
            functions = [make(k) for k in range(40)]
            ready, go = os.pipe(), os.pipe()
            child = os.fork()
            base = 1000 if child else 2000
            del functions[10 : 20 if child else 30]
            gc.collect()
            functions += [make(base + k) for k in range(40)]
            check(functions)
            if child == 0:
                os.write(ready[1], b"x")
                os.read(go[0], 1)
                check(functions)
                os._exit(0)
            os.read(ready[0], 1)
            functions += [make(base + k) for k in range(40, 80)]
            check(functions)
            os.write(go[1], b"x")
            assert os.waitpid(child, 0)[1] == 0
            print("fine", sys._jit.stats()["executors"] > 100)
            """
        )
        env = {**os.environ, "PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "20", "PYTHON_JIT_MIN_RATE": "0"}
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=env)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", "fine True\n"))

    @unittest.skipUnless(sys.platform == "linux", "needs RLIMIT_AS")
    def test_address_space_limit(self):
        source = textwrap.dedent(
            """
            import resource
            keep = []
            with open("/proc/self/statm") as file:
                now = int(file.read().split()[0]) * 4096
            # Enough for the program; Tools/jit/tests/test_arena.py makes the arena itself run out.
            resource.setrlimit(resource.RLIMIT_AS, (now + (8 << 20), now + (8 << 20)))
            total = 0
            for k in range(300):
                space = {}
                exec(f"def hot(n):\\n t = {k}\\n for i in range(n):\\n  t += i\\n return t\\n", space)
                total += space["hot"](50)
                keep.append(space["hot"])
            print(total)
            """
        )
        env = {**os.environ, "PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "20", "PYTHON_JIT_MIN_RATE": "0"}
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(int(done.stdout), sum(range(300)) + 300 * sum(range(50)))


class Behaviour(unittest.TestCase):
    """What must not differ from tier 1."""

    def test_traceback_lines_in_inlined_calls(self):
        result = run(
            """
            import traceback
            def inner(x):
                y = x - 900
                return 1 // y
            def hot():
                total = 0
                for i in range(1000):
                    total += inner(i)
            try:
                hot()
            except ZeroDivisionError as e:
                frames = traceback.extract_tb(e.__traceback__)
            base = inner.__code__.co_firstlineno
            report(frames=[(f.name, f.lineno - base) for f in frames[1:]])
            """
        )
        self.assertEqual(result["frames"], [["hot", 6], ["inner", 2]])

    def test_recursion_limit(self):
        result = run(
            """
            depths = []
            def deep(n):
                global depth
                depth = n
                return deep(n + 1)
            for i in range(30):
                try:
                    deep(0)
                except RecursionError:
                    depths.append(depth)
            report(same=len(set(depths)) == 1)
            """
        )
        self.assertTrue(result["same"])

    def test_the_collector_runs_where_a_function_begins(self):
        # Making the object asks for the collector; it must have run before the next number is taken, or the numbers
        # that finalizers put into the queue come before it.
        result = run(
            """
            import itertools, _queue
            def hot(n):
                queue = _queue.SimpleQueue()
                numbers = itertools.count()
                got = []
                class Circular:
                    def __init__(self):
                        self.circular = self
                    def __del__(self):
                        queue.put(next(numbers))
                while True:
                    c = Circular()
                    queue.put(next(numbers))
                    del c
                    got.append(queue.get())
                    if got[-1] >= n:
                        return got
            report(same=hot(12000) == list(range(12001)))
            """
        )
        self.assertTrue(result["same"])

    def test_signals_reach_a_compiled_loop(self):
        result = run(
            """
            import signal
            class Stop(Exception): pass
            def handler(*args): raise Stop
            signal.signal(signal.SIGALRM, handler)
            def hot():
                i = 0
                while True:
                    i += 1
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                hot()
            except Stop:
                report(stopped=True)
            """
        )
        self.assertTrue(result["stopped"])

    def test_signals_reach_two_linked_traces(self):
        result = run(
            """
            import signal
            class Stop(Exception): pass
            def handler(*args): raise Stop
            signal.signal(signal.SIGALRM, handler)
            def hot():
                i = 0
                while True:
                    for j in range(5):
                        i += j
                    while i > 3:
                        i -= 4
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                hot()
            except Stop:
                report(stopped=True)
            """
        )
        self.assertTrue(result["stopped"])

    def test_threads(self):
        result = run(
            """
            import threading
            def hot(n, out):
                total = 0
                for i in range(n):
                    total += i & 7
                out.append(total)
            out = []
            threads = [threading.Thread(target=hot, args=(50000, out)) for _ in range(4)]
            for t in threads: t.start()
            for t in threads: t.join()
            report(same=len(set(out)) == 1, count=len(out))
            """
        )
        self.assertEqual(result, {"same": True, "count": 4})

    @support.requires_fork()
    def test_fork_while_running(self):
        result = run(
            """
            import os
            def hot(n):
                total = 0
                for i in range(n):
                    total += i
                    if i == 500:
                        pid = os.fork()
                        if pid == 0:
                            child = True
                        else:
                            child = False
                            status = os.waitpid(pid, 0)[1]
                if child:
                    os._exit(0 if total == n * (n - 1) // 2 else 1)
                return total, status
            total, status = hot(5000)
            report(total=total, status=status)
            """
        )
        self.assertEqual(result, {"total": 5000 * 4999 // 2, "status": 0})

    def test_sizes_and_reference_counts(self):
        result = run(
            """
            def hot(xs, n):
                keep = None
                for i in range(n):
                    keep = xs[i % 3]
                    t = (keep, keep)
                    a, b = t
                return None
            xs = [object(), object(), object()]
            before = [sys.getrefcount(x) for x in xs]
            hot(xs, 5000)
            report(same=before == [sys.getrefcount(x) for x in xs])
            """
        )
        self.assertTrue(result["same"])

    def test_gone_executors_leave_code_equal(self):
        # co_code, equality and hash do not show that an executor stands in the bytecode.
        result = run(
            """
            def make():
                def hot(n):
                    total = 0
                    for i in range(n):
                        total += i
                    return total
                return hot
            source = "def hot(n):\\n total = 0\\n for i in range(n):\\n  total += i\\n return total\\n"
            one, two = {}, {}
            exec(source, one)
            exec(source, two)
            before = one["hot"].__code__.co_code
            one["hot"](1000)
            a, b = one["hot"].__code__, two["hot"].__code__
            report(code=a.co_code == before, equal=a == b, hash=hash(a) == hash(b), found=len(executors(a)))
            """
        )
        self.assertEqual(result, {"code": True, "equal": True, "hash": True, "found": 1})


if __name__ == "__main__":
    unittest.main()
