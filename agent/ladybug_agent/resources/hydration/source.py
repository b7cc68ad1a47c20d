"""What is loaded: the databases of one mounted volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import BLOCK_BYTES
from ladybug_agent.ports.hydration import FileLayout
from ladybug_agent.ports.storage import PinnedDevice
from ladybug_agent.resources.hydration.files import OpenDatabase, OpenFile, opened_databases
from ladybug_agent.resources.hydration.ledger import BlockLedger, opened_ledger
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.plan import RestPlan, rest_plan
from ladybug_agent.resources.hydration.reads import ReadFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrationSource:
    """The mounted volume, and which databases of it are served."""

    pinned: PinnedDevice
    volume_id: str
    snapshot_id: str
    """Empty where EC2 could not be asked."""
    root: Path
    databases_dir: str
    names: tuple[str, ...]

    @property
    def blocks(self) -> int:
        """How many blocks the device has; the last may be a short one."""
        return -(-self.pinned.disk.size_bytes // BLOCK_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSource:
    """The databases, the disk and the ledger of a source, held open."""

    source: HydrationSource
    databases: tuple[OpenDatabase, ...]
    device: int
    """Descriptor of the disk, for reads around the page cache."""
    ledger: BlockLedger

    @property
    def device_bytes(self) -> int:
        return self.source.pinned.disk.size_bytes

    def rest(self, *, whole_device: bool = False) -> RestPlan:
        return rest_plan(self.databases, self.device_bytes, whole=whole_device)

    def pieces(self, blocks: Iterable[int]) -> Iterator[Piece]:
        """Yield the reads of whole blocks of the device."""
        for block in blocks:
            offset = block * BLOCK_BYTES
            length = min(BLOCK_BYTES, self.device_bytes - offset)
            yield Piece(self.device, offset, length, block)

    def explain(self, failure: ReadFailure) -> ExternalFailure:
        return explain_reads(self.databases, self.source.volume_id)(failure)


@contextmanager
def opened_source(
    source: HydrationSource, layout: FileLayout, ledger_dir: Path
) -> Iterator[OpenSource]:
    """Hold it all open until the end. Reads some metadata of the filesystem, and the headers."""
    ledger = ledger_dir / f"{source.volume_id}.blocks"
    with (
        opened_databases(source.root, source.databases_dir, source.names, layout) as databases,
        opened_ledger(ledger, source.volume_id, source.blocks) as marks,
        source.pinned.opened_direct() as device,
    ):
        yield OpenSource(source=source, databases=databases, device=device, ledger=marks)


def explain_reads(
    databases: Sequence[OpenDatabase], where: str
) -> Callable[[ReadFailure], ExternalFailure]:
    """Return what names the file, and the place in it, that could not be read."""
    files = [file for database in databases for file in database.files]

    def explain(failure: ReadFailure) -> ExternalFailure:
        place = _place(files, failure)
        return ExternalFailure(
            "hydration_read_failed",
            f"cannot read {place} of {where}, twice: {failure.error.strerror}",
            hint="the volume, or its snapshot, is damaged: look in `dmesg`, then replace the"
            " instance; if it happens again, choose another snapshot",
            block=failure.piece.block,
        )

    return explain


def _place(files: Iterable[OpenFile], failure: ReadFailure) -> str:
    piece, start = failure.piece, failure.at
    for file in files:
        if file.handle == piece.handle:
            return f"{file.path} at byte {start}"
    # A piece of the device itself: whose is it?
    end = piece.offset + piece.length
    for file in files:
        for extent in file.extents:
            begin = max(start, extent.physical)
            if begin < min(end, extent.physical + extent.length):
                return f"{file.path} at byte {extent.logical + begin - extent.physical} or later"
    return f"byte {start} of the device"
