"""The files that the Graph API needs to run where nothing else is: Python, engine, libraries."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

# Without site-packages, environment and user directory: the same as in the image.
INTERPRETER_FLAGS = ["-S", "-E", "-s", "-B"]
INTERPRETER = PurePosixPath("/usr/local/bin/python3")
LIBRARIES = PurePosixPath("/usr/local/lib")
APP = PurePosixPath("/app")

_STDLIB = Path(sysconfig.get_path("stdlib"))
_STDLIB_IN_IMAGE = PurePosixPath(
    "/usr/local", sys.platlibdir, f"python{sysconfig.get_python_version()}"
)
_SOURCES = Path(__file__).resolve().parents[2]
_LEFT_OUT = {
    *("__pycache__", "dist-packages", "ensurepip", "idlelib", "lib-dynload", "lib2to3"),
    *("pydoc_data", "site-packages", "test", "tests", "tkinter", "turtledemo", "venv"),
}
# The engine imports the modules of the first line when it first meets such a value.
_PROBE = """
import datetime, decimal, unicodedata, uuid
import json, sys
sys.path[:0] = sys.argv[1:]
import ladybug, ladybug_lab.graph_api.server
loaded = [getattr(module, "__file__", None) for module in sys.modules.values()]
json.dump({"files": loaded, "storage_version": ladybug.storage_version}, sys.stdout)
"""
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Files by their path in the image; `loaded` are the modules that a start imports."""

    files: dict[PurePosixPath, Path]
    loaded: frozenset[Path]
    storage_version: int


def own_sources() -> dict[PurePosixPath, Path]:
    """Return our part of the program: the script, and what it imports beside the engine."""
    modules = ["__init__.py", "graph_api/__init__.py", "graph_api/answers.py"]
    package = _SOURCES / "ladybug_lab"
    return {
        APP / "server.py": package / "graph_api/server.py",
        **{APP / "ladybug_lab" / name: package / name for name in modules},
    }


def collect() -> Closure:
    """Find everything by running this machine's Python once (0.2 s) and asking the loader."""
    interpreter = Path(sys.executable).resolve()
    engine = _engine_directory()
    search = [str(engine.parent), str(_SOURCES)]
    probe = [str(interpreter), *INTERPRETER_FLAGS, "-c", _PROBE, *search]
    probed = json.loads(run(probe, timeout_s=_TIMEOUT_S))
    loaded = frozenset(Path(name).resolve() for name in probed["files"] if name)
    stdlib = _STDLIB.resolve()
    extensions = {path for path in loaded if path.suffix == ".so" and stdlib in path.parents}
    engine_files = {APP / "ladybug" / path.relative_to(engine): path for path in _walk(engine)}
    linked = {interpreter, *extensions, *(p for p in engine_files.values() if p.suffix == ".so")}
    return Closure(
        files={
            INTERPRETER: interpreter,
            **{_STDLIB_IN_IMAGE / path.relative_to(stdlib): path for path in _walk(stdlib)},
            **{_STDLIB_IN_IMAGE / "lib-dynload" / path.name: path for path in extensions},
            **engine_files,
            **own_sources(),
            **dict(_shared_libraries(linked)),
        },
        loaded=loaded,
        storage_version=probed["storage_version"],
    )


def _engine_directory() -> Path:
    found = importlib.util.find_spec("ladybug")
    if found is None or found.origin is None:
        raise LabError("the Python module ladybug is missing", "pip install 'ladybug-agent[lab]'")
    return Path(found.origin).resolve().parent


def _walk(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name in _LEFT_OUT or path.name.startswith("config-"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix in {".py", ".so"}:
            yield path


def _shared_libraries(linked: Iterable[Path]) -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield libraries for one directory, and the loader for the place that the binaries name."""
    output = run(["ldd", *map(str, sorted(linked))], timeout_s=_TIMEOUT_S)
    for name, target in re.findall(r"^\s+(\S+)(?: => (not found|\S+))?", output, re.MULTILINE):
        if target == "not found":
            raise LabError(f"the shared library {name} is missing")
        if name.startswith("/"):
            yield PurePosixPath(name), Path(target or name).resolve()
        elif target:
            yield LIBRARIES / name, Path(target).resolve()
