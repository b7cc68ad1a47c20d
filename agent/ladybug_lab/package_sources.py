"""What dpkg, apt or rpm know about this machine's packages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

_DPKG_STATUS = Path("/var/lib/dpkg/status")
_DPKG_KINDS = {
    "Depends": "depends",
    "Pre-Depends": "pre-depends",
    "Recommends": "recommends",
    "Suggests": "suggests",
}
_RPM_KINDS = {"REQUIRE": "depends", "RECOMMEND": "recommends", "SUGGEST": "suggests"}
_RPM_FIELDS = r"%{NAME}\t%{VERSION}-%{RELEASE}\t%{GROUP}\t%{SIZE}\t%{SUMMARY}\n"
_PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package and the names it relates to, by kind; a name may be of no known package."""

    name: str
    version: str
    section: str
    installed_kib: int
    installed: bool
    summary: str
    relations: tuple[tuple[str, str], ...]  # kind, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The installed packages' names, and a way to look any known package up."""

    source: str
    installed: tuple[str, ...]
    find: Callable[[str], Package | None]


def machine_catalogue() -> Catalogue:
    """Read this machine's package databases; a second or less."""
    if _DPKG_STATUS.exists():
        return dpkg_catalogue(_DPKG_STATUS.read_text(encoding="utf-8"), _apt_lists())
    if shutil.which("rpm"):
        return rpm_catalogue(
            _rpm_query(_RPM_FIELDS),
            _rpm_query(r"[%{=NAME}\t%{PROVIDENAME}\n]"),
            {
                kind: _rpm_query(rf"[%{{=NAME}}\t%{{{tag}NAME}}\n]")
                for tag, kind in _RPM_KINDS.items()
            },
        )
    raise LabError("this machine has neither dpkg nor rpm")


def _apt_lists() -> str:
    try:
        return run(["apt-cache", "dumpavail"], timeout_s=_TIMEOUT_S)
    except LabError:  # dpkg without apt: the installed packages alone will do
        return ""


def _rpm_query(fields: str) -> str:
    return run(["rpm", "--query", "--all", "--queryformat", fields], timeout_s=_TIMEOUT_S)


def dpkg_catalogue(status: str, available: str) -> Catalogue:
    """Combine dpkg's status file with what `apt-cache dumpavail` prints."""
    installed = {
        name: stanza
        for name, stanza in _stanzas(status)
        if re.search(r"^Status: .* installed$", stanza, re.MULTILINE)
    }
    known = {**dict(_stanzas(available)), **installed}

    def find(name: str) -> Package | None:
        # Parsed when asked for: there are tens of thousands.
        return parse_stanza(known[name], installed=name in installed) if name in known else None

    more = " and apt lists" if len(known) > len(installed) else ""
    return Catalogue(source=f"dpkg status{more}", installed=tuple(installed), find=find)


def _stanzas(text: str) -> Iterator[tuple[str, str]]:
    for stanza in text.split("\n\n"):
        if stanza.startswith("Package: "):
            yield stanza[len("Package: ") : stanza.find("\n")], stanza


def parse_stanza(stanza: str, *, installed: bool) -> Package:
    """Read one paragraph of dpkg's status file or of a Packages file."""
    fields = dict(
        line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " "
    )
    return Package(
        name=fields["Package"],
        version=fields.get("Version", ""),
        section=fields.get("Section", ""),
        installed_kib=int(fields.get("Installed-Size", "0")),
        installed=installed,
        summary=fields.get("Description") or fields.get("Description-en", ""),
        relations=tuple(
            (kind, name)
            for field, kind in _DPKG_KINDS.items()
            for name in _related(fields.get(field, ""))
        ),
    )


def _related(relations: str) -> Iterator[str]:
    """Yield `a`, `b`, `c` for "a (>= 1.2) | b:any, c [amd64]"."""
    for relation in re.split("[,|]", relations):
        if found := _PACKAGE_NAME.match(relation.strip()):
            yield found[0]


def rpm_catalogue(described: str, provides: str, relations: Mapping[str, str]) -> Catalogue:
    """Combine answers of `rpm -qa`; rpm relates packages by what others provide."""
    providers = {what: name for name, what in _pairs(provides)}
    related: dict[str, list[tuple[str, str]]] = {}
    for kind, text in relations.items():
        for name, what in _pairs(text):
            related.setdefault(name, []).append((kind, providers.get(what, what)))
    packages = {
        name: Package(
            name=name,
            version=version,
            section=group,
            installed_kib=int(size) // 1024,
            installed=True,
            summary=summary,
            relations=tuple(related.get(name, ())),
        )
        for name, version, group, size, summary in _rows(described)
    }
    return Catalogue(source="rpm", installed=tuple(packages), find=packages.get)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return ((row[0], row[1]) for row in _rows(text))


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        yield line.split("\t")
