"""What all tests share: integration tests run on real parts, or say loudly that they cannot."""

from __future__ import annotations

import pytest

from ladybug_lab.prerequisites import missing

STRICT = "--strict-parts"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        STRICT, action="store_true", help="fail, instead of skipping, when a real part is missing"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = [item for item in items if item.get_closest_marker("integration")]
    lacking = missing(lazy_volume=True) if wanted else []
    if not lacking:
        return
    told = "; ".join(f"{part.what}: {part.remedy}" for part in lacking)
    if config.getoption(STRICT):
        message = f"{len(wanted)} integration tests cannot run. Missing: {told}"
        raise pytest.UsageError(message)
    for item in wanted:
        item.add_marker(pytest.mark.skip(reason=f"missing: {told}"))
