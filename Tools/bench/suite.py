"""Which benchmarks there are, and where pyperformance's scripts and the applications come from."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = HERE / "benchmarks.toml"
KINDS = ("pyperformance", "own", "kernels", "applications")
SUITES = (*KINDS, "apps", "all")  # "apps" is short for applications


class SuiteError(Exception):
    """Something the user can cure: the message says how."""


@dataclass(frozen=True)
class Script:
    """One script to run in each interpreter.  It reports one benchmark or several."""

    name: str
    kind: str  # one of KINDS
    path: Path
    args: tuple[str, ...] = ()
    library: Path | None = None  # a folder with the packages it imports

    @property
    def for_pyperf(self) -> bool:
        """Whether it is run as __main__ and measures itself by pyperf; others have a function run()."""
        return self.path.name == "run_benchmark.py"


def read_data(path: Path = DATA) -> dict[str, Any]:
    with path.open("rb") as source:
        return tomllib.load(source)


def own_scripts(data: dict[str, Any], root: Path = ROOT) -> list[Script]:
    folder = root / data["own"]["folder"]
    scripts = [Script(name, "own", folder / f"{name}.py") for name in data["own"]["programs"]]
    for script in scripts:
        if not script.path.is_file():
            raise SuiteError(f"{DATA.name} names the program {script.name}, but there is no {script.path}")
    return scripts


def kernel_scripts(data: dict[str, Any], root: Path = ROOT) -> list[Script]:
    paths = sorted((root / data["kernels"]["folder"]).glob(data["kernels"]["pattern"]))
    return [Script(path.stem, "kernels", path) for path in paths]


def pyperformance_scripts(
    data: dict[str, Any], folder: Path, kind: str = "pyperformance", library: Path | None = None
) -> list[Script]:
    """Its scripts in this suite: those that need packages count as applications."""
    scripts = []
    for name, entry in data[kind]["scripts"].items():
        table = entry if isinstance(entry, dict) else {"folder": f"bm_{name}", "args": entry}
        path = folder / table["folder"] / "run_benchmark.py"
        if not path.is_file():
            raise SuiteError(
                f"{DATA.name} names {name}, but the package has no {table['folder']}/run_benchmark.py"
            )
        scripts.append(Script(name, kind, path, tuple(table["args"]), library))
    return scripts


def application_scripts(data: dict[str, Any], library: Path, root: Path = ROOT) -> list[Script]:
    paths = sorted((root / data["applications"]["folder"]).glob(data["applications"]["pattern"]))
    return [Script(path.stem, "applications", path, library=library) for path in paths]


def in_venv(home: Path, *requirements: str) -> Path:
    """Python of the virtual environment `home`, made when it is not there, with the requirements."""
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True, clear=True)
    marker = home / "installed.txt"
    have = marker.read_text().split() if marker.exists() else []
    missing = [text for text in requirements if text not in have]
    if missing:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *missing]
        if any(text.startswith("pyperformance") for text in missing):
            command.append("--no-deps")
        if subprocess.run(command, check=False).returncode != 0:
            raise SuiteError(f"pip could not install {' '.join(missing)}; without a network use --suite own")
        marker.write_text("\n".join([*have, *missing]) + "\n")
    return python


def fetch_pyperformance(data: dict[str, Any], build: Path) -> Path:
    """The folder of pyperformance's benchmarks, downloaded when it is not there."""
    python = in_venv(build / "venv-pyperformance", data["pyperformance"]["requirement"])
    code = "import importlib.util as u; print(u.find_spec('pyperformance').submodule_search_locations[0])"
    package = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    return Path(package) / "data-files" / "benchmarks"


def fetch_applications(data: dict[str, Any], build: Path) -> Path:
    """The folder with the applications' packages, in pure Python; filled when it is not as the lists say."""
    library, lists = build / "applications", data["applications"]
    marker = library / "installed.txt"
    wanted = "\n".join([*lists["pure"], *lists["compiled_left_out"]])
    if marker.exists() and marker.read_text() == wanted:
        return library
    shutil.rmtree(library, ignore_errors=True)
    pip = [str(in_venv(build / "venv-applications")), "-m", "pip", "install", "--quiet", "--no-deps"]
    pip += ["--disable-pip-version-check", "--target", str(library)]
    pure = [
        "--only-binary=:all:",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
        "--python-version=3.13",
    ]
    for options, requirements in ((pure, lists["pure"]), ([], lists["compiled_left_out"])):
        if subprocess.run([*pip, *options, *requirements], check=False).returncode != 0:
            raise SuiteError("pip could not install the applications; without a network use --suite own")
    for path in library.rglob("*.so"):
        path.unlink()
    marker.write_text(wanted)
    return library


def select(suite: str, build: Path, only: list[str] | None = None, fast: bool = False) -> list[Script]:
    """The scripts of a suite; those named in `only`; if nothing is named, `fast` leaves out the slow ones."""
    data = read_data()
    scripts: list[Script] = []
    if suite in ("own", "all"):
        scripts += own_scripts(data)
    if suite in ("kernels", "all"):
        scripts += kernel_scripts(data)
    if suite in ("pyperformance", "all"):
        scripts += pyperformance_scripts(data, fetch_pyperformance(data, build))
    if suite in ("applications", "apps", "all"):
        library = fetch_applications(data, build)
        scripts += application_scripts(data, library)
        scripts += pyperformance_scripts(data, fetch_pyperformance(data, build), "applications", library)
    if only:
        unknown = set(only) - {script.name for script in scripts}
        if unknown:
            raise SuiteError(f"no such benchmark in suite {suite}: {', '.join(sorted(unknown))}")
        return [script for script in scripts if script.name in only]
    if fast:
        slow = {*data["pyperformance"]["slow"], *data["applications"]["slow"]}
        return [script for script in scripts if script.name not in slow]
    return scripts


def clean_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of a measured process: nothing of the caller's PYTHON* variables, fixed hash seed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {**environment, "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1", **settings}
