"""What the other build modules share: errors, paths, atomic writing."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

# The top of the source: this file is Tools/build/common.py.
TOP = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """Something the user can act on; printed without a traceback."""


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader or an interruption sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_if_changed(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Write unless the file already holds exactly this; return whether it was written."""
    try:
        if path.read_bytes() == data and not path.is_symlink():
            if path.stat().st_mode & 0o777 != mode:
                path.chmod(mode)
            return False
    except OSError:
        pass
    write_atomic(path, data, mode)
    return True
