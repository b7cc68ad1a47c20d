"""One wheel: what it says of itself, and that it has nothing compiled."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from io import BytesIO
from pathlib import Path, PurePosixPath

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ladybug_agent.errors import Refused

COMPILED = (".so", ".pyd", ".dylib", ".dll", ".a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel of pure Python, whole in memory: that which was checked is that which is packed."""

    filename: str
    name: str
    version: str
    data: bytes
    requires: tuple[str, ...]
    licence: str
    """In the library's own words; empty where it says nothing short."""
    is_spdx: bool
    """Whether `licence` is an SPDX expression, such as `MIT OR Apache-2.0`."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def is_pure(filename: str) -> bool:
    """Whether a wheel's name says that it serves any machine and any implementation."""
    return filename.endswith("-none-any.whl")


def wheel_name(path: Path) -> tuple[str, str] | None:
    """Return the canonical name and version that a file's name says, or None for no wheel."""
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        return None
    return canonicalize_name(name), str(version)


def read_wheel(filename: str, data: bytes) -> Wheel:
    """Return the wheel. Raises Refused if it is torn, or has anything compiled in it."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            metadata = _document(archive, names, "METADATA")
            says_pure = _document(archive, names, "WHEEL")["Root-Is-Purelib"] == "true"
    except (zipfile.BadZipFile, KeyError, StopIteration, UnicodeDecodeError) as error:
        raise Refused(
            "wheel_unreadable",
            f"wanted the wheel {filename}, found what is none",
            hint="delete the file, so that it is fetched again; then look at `./dev lock`",
        ) from error
    compiled = [name for name in names if name.endswith(COMPILED)]
    if compiled or not says_pure or not is_pure(filename):
        raise compiled_wheel(filename, compiled[0] if compiled else "")
    return Wheel(
        filename=filename,
        name=canonicalize_name(str(metadata["Name"])),
        version=str(metadata["Version"]),
        data=data,
        requires=tuple(metadata.get_all("Requires-Dist", ())),
        licence=_licence(metadata),
        is_spdx=metadata["License-Expression"] is not None,
    )


def compiled_wheel(filename: str, member: str = "") -> Refused:
    found = f"{filename} with {member} in it" if member else filename
    return Refused(
        "wheel_compiled",
        f"wanted a wheel of pure Python, found {found}",
        hint="one bundle serves arm64 and x86-64: choose a release, or a library, with a wheel"
        " `py3-none-any`",
    )


def _document(archive: zipfile.ZipFile, names: list[str], name: str) -> Message:
    """Return a file of the wheel's `.dist-info`, whose form is that of an e-mail's head."""
    path = next(
        one
        for one in names
        if PurePosixPath(one).name == name and PurePosixPath(one).parent.suffix == ".dist-info"
    )
    return message_from_string(archive.read(path).decode())


def _licence(metadata: Message) -> str:
    said = str(metadata["License-Expression"] or metadata["License"] or "").strip()
    # Some put the whole text there.
    return said if "\n" not in said else ""
