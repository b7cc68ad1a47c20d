"""A verification on standard output, as text for people or JSON for programs."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.errors import error_chain, reason
from ladybug_agent.render import print_json
from ladybug_agent.verify.directory import Result, Verification


def print_verification(found: Verification, manifest: Path | None, style: str) -> None:
    """Print what was found, and the manifest that was written, if one was."""
    if style == "json":
        print_json({**found.document(), "manifest_written": str(manifest) if manifest else None})
        return
    for line in verification_lines(found):
        print(line)
    if manifest is not None:
        print(f"wrote {manifest}")


def verification_lines(found: Verification) -> list[str]:
    """Return the verdict, then a line for each database, then what to do for each bad one."""
    lines = [f"{'good' if found.is_good else 'not good'}: {found.directory}"]
    if found.device:
        known = " ".join(f"{name}={value}" for name, value in found.device.items() if value)
        lines.append(f"  {known}")
    for result in found.results:
        lines += _result_lines(result, found.depth)
    return lines


def _result_lines(result: Result, depth: str) -> list[str]:
    if result.error is not None:
        why = reason(result.error) or result.error
        causes = [f"      because {cause}" for cause in error_chain(result.error)[1:]]
        to_do = [f"      to do: {why.hint}"] if why.hint else []
        return [f"  BAD {result.name}: {why.code}: {why}", *causes, *to_do]
    if result.database is None:
        return []
    header = result.database.header
    checked = f"manifest compared ({depth})" if result.in_manifest else "no manifest"
    line = (
        f"  ok  {result.name}: {result.database.size_bytes} bytes, storage version"
        f" {header.storage_version}, {checked}"
    )
    if result.tables is not None:
        rows = sum(count or 0 for count in result.tables.values())
        line += f", {len(result.tables)} tables with {rows} rows"
    return [line, *(f"      note: {text}" for text in result.database.warnings)]
