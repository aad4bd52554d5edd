"""The one exception users of the builder see as a message."""


class BuildError(Exception):
    """Something about the input or the toolchain; the text says what and where."""
