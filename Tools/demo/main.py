"""The demo program: a physics simulation, then a toy language that runs a small program.

Prints the same lines in every interpreter.  `python main.py [SCALE]`; SCALE 1 takes a few seconds in CPython.
"""

from __future__ import annotations

import sys

from language import evaluate
from physics import simulate

TOY = """
# Primes with a sieve, then the longest chain of the 3n+1 walk, then recursion.
fn sieve(limit) {
    let marks = [];
    while len(marks) < limit { append(marks, 1); }
    let n = 2;
    let count = 0;
    while n < limit {
        if marks[n] == 1 {
            count = count + 1;
            let k = n * n;
            while k < limit { marks[k] = 0; k = k + n; }
        }
        n = n + 1;
    }
    return count;
}
fn chain(n) {
    let steps = 0;
    while n != 1 {
        if n % 2 == 0 { n = (n - n % 2) / 2; } else { n = 3 * n + 1; }
        steps = steps + 1;
    }
    return steps;
}
fn longest(limit) {
    let best = 0;
    let n = 1;
    while n < limit {
        let steps = chain(n);
        if steps > best { best = steps; }
        n = n + 1;
    }
    return best;
}
fn fib(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); }
print("primes", sieve(SIZE));
print("longest walk", longest(SIZE / 20));
print("fib", fib(17));
"""


def main() -> None:
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    print(simulate(int(1200 * scale)))
    for line in evaluate(TOY.replace("SIZE", str(int(20000 * scale)))):
        print(line)


if __name__ == "__main__":
    main()
