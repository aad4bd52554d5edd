"""Tests of the cases generator."""
