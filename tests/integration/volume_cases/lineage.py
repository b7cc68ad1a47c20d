"""Where the data comes from and how old it is, by its manifest or by EC2."""

from __future__ import annotations

from integration.volume_cases import told
from integration.volume_cases.case import Case
from integration.volume_cases.disks import as_nvme
from integration.volume_cases.inside import inside, manifest_of_age

REFUSE = {"on_stale_snapshot": "refuse"}
STALE = "'degraded_reasons': ['stale_snapshot']"
DEGRADED = "degraded_reasons"

CASES = (
    Case(name="is a day old by EC2", says_nothing_of=DEGRADED),
    Case(name="is stale by EC2", ec2=told.snapshot(age_days=9.0), says=(STALE,)),
    Case(
        name="is stale by EC2 where that is refused",
        ec2=told.snapshot(age_days=9.0),
        data=REFUSE,
        code="snapshot_stale",
        says=("9.0 days ago", "at most 7", "data.snapshot_max_age_days"),
    ),
    Case(
        name="is stale by EC2 where nobody asks",
        ec2=told.snapshot(age_days=9.0),
        data={"on_stale_snapshot": "ignore"},
        says_nothing_of=DEGRADED,
    ),
    Case(
        name="is stale by its manifest where that is refused",
        change=inside(manifest_of_age(30.0)),
        data=REFUSE,
        code="snapshot_stale",
        says=("30.0 days ago",),
    ),
    Case(
        name="is fresh by its manifest and stale by EC2",
        change=inside(manifest_of_age(1.0)),
        ec2=told.snapshot(age_days=30.0),
        data=REFUSE,
        says_nothing_of=DEGRADED,
    ),
    Case(
        name="was made of a snapshot in the state error",
        ec2=told.snapshot(state="error"),
        code="snapshot_state_error",
        says=("{snapshot_id}", "error"),
    ),
    Case(
        name="is encrypted, and its snapshot is not",
        ec2=told.snapshot(encrypted=False),
        says=("{snapshot_id}",),
    ),
    Case(
        name="was made of a snapshot that EC2 forgot",
        ec2=told.snapshot_unknown(),
        data=REFUSE,
        says_nothing_of=DEGRADED,
    ),
    Case(
        name="was made of a snapshot that EC2 denies to describe",
        ec2=told.snapshot_unknown(told.DENIED),
        data=REFUSE,
        says_nothing_of=DEGRADED,
    ),
    Case(
        name="names itself, with its age known to nobody",
        attach=as_nvme,
        ec2=told.fails(told.DENIED),
        data=REFUSE,
        says=("unverified: aws_access_denied",),
        says_nothing_of=DEGRADED,
    ),
)
