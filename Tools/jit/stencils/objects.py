"""Object files, read through llvm-readobj's JSON."""

import dataclasses
import json
from typing import Any

from .errors import BuildError


@dataclasses.dataclass(frozen=True)
class Reference:
    """A relocation as the object file has it."""

    offset: int
    kind: str
    symbol: str
    addend: int


@dataclasses.dataclass
class Section:
    name: str
    data: bytes
    alignment: int
    executable: bool
    writable: bool
    loaded: bool
    references: list[Reference] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Symbol:
    name: str
    section: str
    offset: int


@dataclasses.dataclass
class ObjectFile:
    """The sections of one object and the symbols it defines.  A section's own name is a symbol too."""

    sections: dict[str, Section]
    symbols: dict[str, Symbol]


READOBJ_FLAGS = (
    "--elf-output-style=JSON",
    "--expand-relocs",
    "--sections",
    "--section-data",
    "--section-relocations",
    "--section-symbols",
)


def parse(text: str) -> ObjectFile:
    """The object llvm-readobj printed.  Only ELF for now: the keys of other formats differ on every level."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BuildError(f"llvm-readobj did not print JSON: {error}") from error
    if not isinstance(document, list) or len(document) != 1:
        raise BuildError("llvm-readobj printed more or less than one object")
    file_format = document[0]["FileSummary"]["Format"]
    if not file_format.startswith("elf"):
        raise BuildError(f"no parser for object files of format {file_format}")
    return _parse_elf(document[0]["Sections"])


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _parse_elf(wrapped: list[dict[str, Any]]) -> ObjectFile:
    result = ObjectFile({}, {})
    entries = [item["Section"] for item in wrapped]
    relocation_types = ("SHT_REL", "SHT_RELA")
    for entry in entries:
        name = entry["Name"]["Name"]
        if not name or entry["Type"]["Name"] in relocation_types:
            continue
        flags = {flag["Name"] for flag in entry["Flags"]["Flags"]}
        section = Section(
            name=name,
            data=bytes(entry.get("SectionData", {}).get("Bytes", [])),
            alignment=max(1, entry["AddressAlignment"]),
            executable="SHF_EXECINSTR" in flags,
            writable="SHF_WRITE" in flags,
            loaded="SHF_ALLOC" in flags,
        )
        if "SHF_TLS" in flags:
            section.writable = True
        if section.loaded:
            if name in result.sections:
                raise BuildError(f"two sections are called {name}")
            result.sections[name] = section
            result.symbols[name] = Symbol(name, name, 0)
        for item in entry.get("Symbols", []):
            symbol = item["Symbol"]
            if symbol["Type"]["Name"] != "Section":
                label = symbol["Name"]["Name"]
                if label in result.symbols:
                    raise BuildError(f"two symbols are called {label}")
                result.symbols[label] = Symbol(label, name, symbol["Value"])
    for entry in entries:
        if entry["Type"]["Name"] not in relocation_types or not entry["Relocations"]:
            continue
        applied_to = entries[entry["Info"]]["Name"]["Name"]
        if applied_to not in result.sections:
            continue
        if entry["Type"]["Name"] == "SHT_REL":
            raise BuildError(f"{applied_to}: relocations without addends are not known on any target")
        for item in entry["Relocations"]:
            relocation = item["Relocation"]
            result.sections[applied_to].references.append(
                Reference(
                    offset=relocation["Offset"],
                    kind=relocation["Type"]["Name"],
                    symbol=relocation["Symbol"]["Name"],
                    addend=_signed(relocation.get("Addend", 0)),
                )
            )
    for section in result.sections.values():
        section.references.sort(key=lambda reference: reference.offset)
    return result
