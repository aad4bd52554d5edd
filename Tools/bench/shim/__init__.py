"""Modules that take the place of packages which benchmarks import."""
