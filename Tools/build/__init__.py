"""Build tools of the fork: the base release, the overlay over it, the checks and the test stages.

Run as ``python3 -m Tools.build COMMAND`` from the top of the source; the Makefile does.
Nothing here needs more than the standard library.
"""
