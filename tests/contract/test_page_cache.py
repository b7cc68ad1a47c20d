"""What is in memory of a file, by the kernel and by the fake that stands for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.hydration import FakePageCache
from ladybug_agent.adapters.page_cache import KernelPageCache
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.ports.hydration import PageCache

PAGE = 4096
PAGES = 256


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[int]:
    """A file of `PAGES` pages and a bit, none of it in memory; read without looking ahead."""
    path = tmp_path / "sec.lbug"
    path.write_bytes(os.urandom(PAGES * PAGE + 100))
    opened = os.open(path, os.O_RDONLY)
    os.fsync(opened)
    os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_RANDOM)
    if KernelPageCache().resident(opened, PAGE):
        os.close(opened)
        pytest.skip(f"{tmp_path} is on a filesystem in memory")
    yield opened
    os.close(opened)


@pytest.fixture(params=["fake", "kernel"])
def cache(request: pytest.FixtureRequest) -> PageCache:
    return FakePageCache() if request.param == "fake" else KernelPageCache()


def touch(cache: PageCache, handle: int, *pages: int) -> None:
    """Read pages, as the engine does."""
    if isinstance(cache, FakePageCache):
        cache.pages += tuple(PageRun(page, 1) for page in pages)
    for page in pages:
        os.pread(handle, PAGE, page * PAGE)


def resident(cache: PageCache, handle: int) -> tuple[PageRun, ...]:
    return cache.resident(handle, os.fstat(handle).st_size)


def test_of_a_file_that_nobody_read_nothing_is_in_memory(cache: PageCache, handle: int) -> None:
    assert resident(cache, handle) == ()


def test_what_was_read_is_in_memory(cache: PageCache, handle: int) -> None:
    touch(cache, handle, 3, 100, PAGES)
    assert resident(cache, handle) == (PageRun(3, 1), PageRun(100, 1), PageRun(PAGES, 1))


def test_what_was_let_go_is_not(cache: PageCache, handle: int) -> None:
    touch(cache, handle, 3)
    cache.evict(handle)
    assert resident(cache, handle) == ()


def test_only_so_much_of_the_file_is_asked_about(cache: PageCache, handle: int) -> None:
    touch(cache, handle, 3, 100)
    assert cache.resident(handle, 50 * PAGE) == (PageRun(3, 1),)
    assert cache.resident(handle, 0) == ()


def test_pages_one_after_another_are_one_run(handle: int) -> None:
    cache = KernelPageCache()
    touch(cache, handle, 7, 8, 9, 20)
    assert resident(cache, handle) == (PageRun(7, 3), PageRun(20, 1))


def test_asking_brings_nothing_into_memory(handle: int) -> None:
    cache = KernelPageCache()
    touch(cache, handle, 3)
    assert resident(cache, handle) == resident(cache, handle) == (PageRun(3, 1),)


def test_a_run_over_the_border_of_what_is_looked_at_in_one_go_is_one(
    handle: int,
) -> None:
    cache = KernelPageCache(window_bytes=16 * PAGE)
    touch(cache, handle, 14, 15, 16, 17, 31, 33, 47, 48)
    assert resident(cache, handle) == (
        PageRun(14, 4),
        PageRun(31, 1),
        PageRun(33, 1),
        PageRun(47, 2),
    )


def test_a_large_sparse_file_is_looked_at_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(5 * 2**30 + 100)
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        os.pread(file.fileno(), 1, 5 * 2**30 + 50)
        found = resident(KernelPageCache(), file.fileno())
    assert found[-1] == PageRun(5 * 2**30 // PAGE, 1)


def test_a_file_that_is_shorter_than_it_was_is_asked_about_all_the_same(handle: int) -> None:
    cache = KernelPageCache()
    touch(cache, handle, 3)
    assert cache.resident(handle, 10 * PAGES * PAGE) == (PageRun(3, 1),)


def test_what_is_no_file_is_an_error() -> None:
    reader, writer = os.pipe()
    try:
        with pytest.raises(ExternalFailure, match="wanted to map the file") as failure:
            KernelPageCache().resident(reader, PAGE)
    finally:
        os.close(reader)
        os.close(writer)
    assert failure.value.code == "page_cache_unknown"
