"""Runs one program of `programs/` several times and checks its own `# result:` line.

Started as a script by test_programs.py, in a fresh interpreter for each JIT mode:

    python run_program.py [--repeat N] [--stats FILE] PROGRAM
    python run_program.py --bless PROGRAM...      write the `# result:` lines anew (use stock CPython)

Each run of `run()` prints its result, so that two modes are compared by their output.  A program with an
`# exit: N` line ends by itself, once; what it prints, its traceback and its exit code are its result.  A long
result stands in the program as `digest(run())`.  --stats writes sys._jit.stats() as JSON (null where there is
no sys._jit).
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import sys

LONGEST_LINE = 110


def digest(value):
    """Short name of a value that is too long to be written into the program."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location("program_" + name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def directives(path, name):
    """The texts after `# name: ` at the start of a line of the program."""
    with open(path, encoding="utf-8") as source:
        return re.findall(rf"^# {name}: (.*)$", source.read(), re.MULTILINE)


def jit_stats():
    jit = getattr(sys, "_jit", None)
    return jit.stats() if hasattr(jit, "stats") else None


def check(path, value):
    expected = directives(path, "result")
    if not expected:
        sys.exit(f"{path}: no `# result:` line; write it with --bless under stock CPython")
    for text in expected:
        names = {
            "run": lambda: value,
            "digest": digest,
            "nan": float("nan"),
            "inf": float("inf"),
        }
        if not eval(text, names):
            sys.exit(f"{path}: not true: {text}\n  run() returned {value!r}")


def bless(path):
    value = load(path).run()
    line = f"# result: run() == {value!r}"
    if len(line) > LONGEST_LINE:
        line = f"# result: digest(run()) == {digest(value)!r}"
    with open(path, encoding="utf-8") as source:
        text = re.sub(r"\n*^# result: .*$", "", source.read(), flags=re.MULTILINE).rstrip()
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"{text}\n\n\n{line.replace(chr(39) * 3, chr(34))}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--stats")
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    if options.bless:
        for path in options.program:
            if not directives(path, "exit"):
                bless(path)
        return
    (path,) = options.program
    try:
        module = load(path)
        if directives(path, "exit"):
            module.run()
            return
        for _ in range(options.repeat):
            value = module.run()
            print(repr(value))
            check(path, value)
    finally:
        if options.stats:
            with open(options.stats, "w", encoding="utf-8") as out:
                json.dump(jit_stats(), out, default=str)


if __name__ == "__main__":
    main()
