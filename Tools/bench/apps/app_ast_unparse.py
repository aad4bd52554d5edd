"""The standard library's ast: walks, changes and unparses a module."""

from __future__ import annotations

import ast
import importlib.resources

SOURCE = importlib.resources.files("jinja2").joinpath("filters.py").read_text()


class Renamer(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name("_" + node.id, node.ctx), node)


def run() -> object:
    tree = ast.parse(SOURCE)
    names = sum(isinstance(node, ast.Name) for node in ast.walk(tree))
    return names, ast.unparse(tree), ast.unparse(Renamer().visit(tree))
