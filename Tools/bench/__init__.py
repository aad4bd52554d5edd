"""Benchmarks of interpreters against each other: see run.py."""
