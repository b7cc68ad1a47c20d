"""What all tests share: integration tests run on real parts, or say loudly that they cannot."""

from __future__ import annotations

import pytest

from ladybug_lab.prerequisites import missing

STRICT = "--strict-parts"
SKIPPED: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        STRICT, action="store_true", help="fail, instead of skipping, when a real part is missing"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of arbitrary input take thousands of inputs, and so seconds."""
    if item.path.name.startswith("test_arbitrary_"):
        item.add_marker(pytest.mark.thorough)


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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # Some machines lack what no package brings (IPv6, a disk): that is no missing part.
    if report.skipped and "missing: " in str(report.longrepr):
        SKIPPED.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that was to have all parts, and skipped a test for want of one."""
    if SKIPPED and session.config.getoption(STRICT) and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{len(SKIPPED)} tests were skipped for want of a part, such as {SKIPPED[0]}")
