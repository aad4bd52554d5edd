"""SymPy: expands, differentiates, integrates and solves; its caches are emptied first."""

from __future__ import annotations

import sympy
from sympy.core.cache import clear_cache

X, Y = sympy.symbols("x y")


def run() -> object:
    clear_cache()
    product = sympy.expand((X + 2 * Y + 1) ** 6 * (X - Y) ** 2)
    return [
        str(result)
        for result in (
            product,
            sympy.factor(X**4 - 5 * X**2 + 4),
            sympy.diff(sympy.sin(X) ** 3 * sympy.exp(X * Y) / (1 + X**2), X, 2),
            sympy.integrate(X**2 * sympy.cos(X), X),
            sympy.solve(X**3 - 6 * X**2 + 11 * X - 6, X),
            sympy.Matrix([[X, 1, 2], [Y, X, 3], [1, 2, Y]]).det(),
        )
    ]
