"""What can be used of a configuration with mistakes: for verbs that only look, to say more."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ladybug_agent.config import Config
from ladybug_agent.config.bare import bare_config
from ladybug_agent.config.file import checked, load_config, read_text, toml_document
from ladybug_agent.errors import ConfigError

Document = dict[str, Any]


def usable_config(path: Path) -> tuple[Config, ConfigError | None]:
    """Return the configuration, and what is wrong with it: then the rest of it, and defaults.

    The mistakes are left out, key by key. Only what changes nothing may go by what is left.
    """
    try:
        return load_config(path), None
    except ConfigError as error:
        return _salvaged(path), error


def _salvaged(path: Path) -> Config:
    source = str(path)
    try:
        document = toml_document(read_text(path), source)
    except ConfigError:
        return bare_config()
    kept = _required()
    for section, content in document.items():
        if isinstance(content, dict):
            kept = _with_section(kept, section, content, source)
    return checked(kept, Config, source)


def _required() -> Document:
    """Return what a configuration must have, as the bare one has it."""
    bare = asdict(bare_config())
    names = {"instance": "environment", "container": "image", "registry": "table"}
    needed: Document = {section: {name: bare[section][name]} for section, name in names.items()}
    return {"schema": bare["schema"], "data": {}, **needed}


def _with_section(kept: Document, section: str, content: Document, source: str) -> Document:
    """Return the document with the section, or with the keys of it that are right."""
    whole = {**kept, section: {**kept.get(section, {}), **content}}
    if _is_right(whole, source):
        return whole
    for name, value in content.items():
        trial = {**kept, section: {**kept.get(section, {}), name: value}}
        kept = trial if _is_right(trial, source) else kept
    return kept


def _is_right(document: Document, source: str) -> bool:
    try:
        checked(document, Config, source)
    except ConfigError:
        return False
    return True
