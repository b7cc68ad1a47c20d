"""Programs of a test's own, first on PATH."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest


class FakePrograms:
    """Shell scripts that write down how they were called, and answer as the real ones do."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        directory.mkdir()
        monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")

    def add(self, name: str, *, stdout: str = "", stderr: str = "", status: int = 0) -> None:
        self.write(
            name,
            f"printf '%s\\n' \"$@\" >> {self._directory}/{name}.called\n"
            f"printf %s {shlex.quote(stdout)}\n"
            f"printf %s {shlex.quote(stderr)} >&2\n"
            f"exit {status}\n",
        )

    def write(self, name: str, script: str, *, mode: int = 0o755) -> None:
        path = self._directory / name
        path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        path.chmod(mode)

    def arguments(self, name: str) -> list[str]:
        """Return the arguments of all calls so far; empty if there was none."""
        called = self._directory / f"{name}.called"
        return called.read_text(encoding="utf-8").splitlines() if called.exists() else []
