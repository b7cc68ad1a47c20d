"""The tools that a bundle is made with. Their output is in it, so their versions are pinned."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ladybug_agent.errors import ConfigError
from ladybug_fleet.bundle.checkout import Checkout


def require_tools(checkout: Checkout) -> None:
    """Raise ConfigError unless each tool of the extra `build` is here in exactly its version."""
    for pin in checkout.project["optional-dependencies"]["build"]:
        name, _, wanted = pin.partition("==")
        if (found := _installed(name)) != wanted:
            raise ConfigError(
                "build_tool_wrong",
                f"wanted {name} {wanted}, found {found or 'none'}",
                hint="pip install --editable '.[build]', in a virtual environment; or ./dev setup",
            )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
