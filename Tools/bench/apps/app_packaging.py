"""packaging: versions, specifiers, requirements and markers, as when an installer looks for candidates."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import parse_tag
from packaging.version import Version

VERSIONS = [
    f"{major}.{minor}{rest}"
    for major in range(6)
    for minor in range(12)
    for rest in ("", ".1", "rc1", ".post2", ".dev3")
]
SPECIFIERS = [">=1.2,<3", "~=2.1", "!=1.*,>0.5", "==2.*", ">=1.0rc1"]
REQUIREMENTS = [
    'name[extra1,extra2]>=1.2,<2; python_version >= "3.8" and sys_platform != "win32"',
    "other-name ~= 2.1",
    'third>=1; (os_name == "posix" or extra == "test") and implementation_name == "cpython"',
]
ENVIRONMENT = {"python_version": "3.13", "extra": "test", "sys_platform": "linux", "os_name": "posix"}


def run() -> object:
    versions = sorted(Version(text) for text in VERSIONS)
    chosen = [
        [str(version) for version in SpecifierSet(text).filter(versions, prereleases=True)]
        for text in SPECIFIERS
    ]
    needed = []
    for text in REQUIREMENTS * 4:
        requirement = Requirement(text)
        met = requirement.marker.evaluate(ENVIRONMENT) if requirement.marker else True
        needed.append((str(requirement), met))
    tags = sorted(str(tag) for tag in parse_tag("py2.py3.cp313-none.abi3-any.manylinux_2_17_x86_64"))
    return [str(version) for version in versions], chosen, needed, tags
