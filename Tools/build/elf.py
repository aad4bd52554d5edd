"""Make a program start through another loader, and with other libraries, than those of this machine.

A program names its loader by a whole path (PT_INTERP), and may name a folder that libraries are looked for
in first (DT_RPATH; it holds for what those libraries, and extension modules, need in turn).  Both are written
into the program here, so it is started like any other: nothing has to be set for it, and what it starts by
its own name (sys.executable) comes up the same way.  Calling the loader by hand would do for the program
itself, but not for its children; a script around that call would cost a process start each time.

Where the two paths go: a segment is mapped in whole pages, and what follows it up to the end of its last page
is zeros that nobody reads.  So nothing moves, no address changes, and the code that runs is what came.
"""

from __future__ import annotations

import struct

from .common import BuildError

PAGE = 4096  # the smallest a machine has: what ends before the next one is mapped everywhere
# A program header: type, flags, offset, address, physical address, size in the file, in memory, alignment.
_HEADER = "<IIQQQQQQ"
_DYNAMIC = "<qQ"  # tag, value
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 0, 5, 15, 29
_WRITABLE = 2


def _segments(program: bytes) -> list[tuple[int, tuple[int, ...]]]:
    """Return each program header and where it stands in the file."""
    if program[:6] != b"\x7fELF\x02\x01":
        raise BuildError("not an ELF program of 64 bits, lowest byte first")
    (start,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    places = [start + size * number for number in range(count)]
    return [(place, struct.unpack_from(_HEADER, program, place)) for place in places]


def loader_of(program: bytes) -> str:
    """Return the path of the loader that a program names."""
    for _, (kind, _, offset, _, _, size, *_) in _segments(program):
        if kind == _PT_INTERP:
            return program[offset : offset + size].rstrip(b"\0").decode()
    raise BuildError("it names no loader: it is no program, or was linked statically")


def with_loader(program: bytes, loader: str, libraries: str) -> bytes:
    """Return the program with the path of its loader and of the folder of its libraries (both absolute)."""
    segments = _segments(program)
    loader_of(program)
    first = loader.encode() + b"\0"
    text = first + libraries.encode() + b"\0"
    out = bytearray(program)
    place = address = 0
    for _, (kind, flags, offset, start, _, size, memory, _) in segments:
        end = offset + size
        room = -end % PAGE
        free = kind == _PT_LOAD and not flags & _WRITABLE and size == memory and room >= len(text)
        if free and program[end : end + room] == bytes(room):
            place, address = end, start + size
            break
    else:
        raise BuildError(f"there is no room for {len(text)} bytes behind its segments")
    out[place : place + len(text)] = text
    for header, (kind, flags, offset, _, _, size, *_) in segments:
        if kind == _PT_INTERP:
            fields = (kind, flags, place, address, address, len(first), len(first), 1)
            struct.pack_into(_HEADER, out, header, *fields)
        elif kind == _PT_DYNAMIC:
            entries = [struct.unpack_from(_DYNAMIC, program, at) for at in range(offset, offset + size, 16)]
            tags = [tag for tag, _ in entries]
            end = tags.index(_DT_NULL)
            if _DT_RPATH in tags or _DT_RUNPATH in tags:
                raise BuildError("it names a folder of libraries already")
            if end + 1 == len(tags):
                raise BuildError("its dynamic section has no entry to spare")
            # The linker leaves some behind the end.  The value counts from the start of the table of strings.
            value = address + len(first) - entries[tags.index(_DT_STRTAB)][1]
            struct.pack_into(_DYNAMIC, out, offset + 16 * end, _DT_RPATH, value)
    return bytes(out)
