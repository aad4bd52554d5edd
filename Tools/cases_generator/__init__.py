"""Reads instruction definitions, writes everything that is generated from them."""
