"""Diagnoses as nobody would meet them: any number of results, with anything in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from hypothesis import strategies as st

from ladybug_agent.diagnose.catalogue import ORDER
from ladybug_agent.diagnose.check import Command, Remedy, Result, Status, Viewpoint
from ladybug_agent.diagnose.diagnosis import Diagnosis, Opinion, View
from support.arbitrary import GARBAGE, TEXT

MOMENT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
STATUSES: tuple[Status, ...] = get_args(Status)
VIEWPOINTS: tuple[Viewpoint, ...] = get_args(Viewpoint)
OPINIONS: tuple[Opinion, ...] = get_args(Opinion)
LONG = st.one_of(TEXT, st.integers(0, 5000).map(lambda count: "x y\u00e9\n" * count))
COMMANDS = st.lists(
    st.builds(Command, LONG, st.sampled_from(("safe", "disruptive"))), max_size=5
).map(tuple)
REMEDIES = st.none() | st.builds(
    Remedy, text=LONG, commands=COMMANDS, iam=st.lists(LONG, max_size=9).map(tuple)
)
EVIDENCE = st.dictionaries(TEXT, LONG | st.sampled_from(GARBAGE), max_size=6)
IDS = st.sampled_from(ORDER)


def results_of(ids: tuple[str, ...]) -> st.SearchStrategy[tuple[Result, ...]]:
    """Return a result for each of these ids, in any state."""
    return st.tuples(
        *(
            st.builds(
                Result,
                id=st.just(one),
                status=st.sampled_from(STATUSES),
                message=LONG,
                code=LONG,
                evidence=EVIDENCE,
                remedy=REMEDIES,
                blocked_by=st.just("") | IDS,
                caused_by=st.just("") | IDS,
                duration_ms=st.floats(0, 1e6),
            )
            for one in ids
        )
    )


VIEWS = st.tuples(
    *(
        st.builds(View, viewpoint=st.just(one), opinion=st.sampled_from(OPINIONS), words=LONG)
        for one in VIEWPOINTS
    )
)
FACTS = st.dictionaries(
    st.sampled_from(("instance_id", "snapshot_id", "image_digest", "age", "lease", "status")), LONG
)
DIAGNOSES = st.builds(
    Diagnosis,
    host=FACTS,
    taken_at=st.just(MOMENT),
    duration_s=st.floats(0, 1e4),
    results=st.lists(IDS, unique=True).flatmap(lambda ids: results_of(tuple(ids))),
    views=st.just(()) | VIEWS,
    dissent=LONG,
    left_out=st.lists(IDS, unique=True).map(tuple),
    verdict_facts=FACTS,
)


def worst() -> Diagnosis:
    """Return a diagnosis in which everything failed by itself, with as much to say as can be."""
    said = "caf\u00e9 \x1b[31m" + "long words " * 200
    command = Command(said, "disruptive")
    remedy = Remedy(text=said, commands=(command,) * 9, iam=(said,) * 9)
    return Diagnosis(
        host={"instance_id": said, "snapshot_id": said, "image_digest": said},
        taken_at=MOMENT,
        duration_s=20.0,
        results=tuple(
            Result(
                id=one, status="fail", message=said, code="device_io_errors",
                evidence={f"name{number}": said for number in range(30)}, remedy=remedy,
            )
            for one in ORDER
        ),
        views=tuple(View(viewpoint=one, opinion="unhealthy", words=said) for one in VIEWPOINTS),
        dissent=said,
        left_out=ORDER,
        verdict_facts={"age": said, "status": said, "lease": said},
    )  # fmt: skip
