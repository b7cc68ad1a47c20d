"""When the volume comes: at once, late or never. The clock is a fake one."""

from __future__ import annotations

from integration.volume_cases import told
from integration.volume_cases.case import Arrange, Case
from integration.volume_cases.disks import as_loop, as_nvme, not_attached, show_only_own, vanish
from integration.volume_cases.scene import Scene

NEVER = float("inf")
WHOLE_WAIT_S = (300.0, 303.0)


def _comes_after(seconds: float, attach: Arrange = as_loop) -> Arrange:
    def arrange(scene: Scene) -> None:
        attach(scene)
        show_only_own(scene)  # to look at all of the machine's, 150 times, takes its time
        scene.appears_after_s = seconds

    return arrange


CASES = (
    Case(
        name="is there at once",
        attach=_comes_after(0.0),
        fake_clock=True,
        says=("{volume_id}",),
        passes_s=(0.0, 1.0),
    ),
    Case(
        name="comes after 250 s",
        attach=_comes_after(250.0),
        fake_clock=True,
        says=("{volume_id}",),
        passes_s=(250.0, 253.0),
    ),
    Case(
        name="names itself after 250 s",
        attach=_comes_after(250.0, as_nvme),
        fake_clock=True,
        says=("'volume_check': 'verified'",),
        passes_s=(250.0, 253.0),
    ),
    Case(
        name="never comes though EC2 has attached it",
        attach=_comes_after(NEVER),
        fake_clock=True,
        code="device_not_visible",
        says=("{volume_id}", "{serial}", "dmesg"),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="is not attached to the instance at all",
        attach=not_attached,
        ec2=told.no_volume,
        fake_clock=True,
        code="volume_not_mapped",
        says=("/dev/xvdf", "ebs1=xvdf"),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="is attaching for ever",
        attach=not_attached,
        ec2=told.attached(attachment_state="attaching"),
        fake_clock=True,
        code="volume_not_attached",
        says=("{volume_id}", "attaching"),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="is being detached",
        attach=_comes_after(0.0),
        ec2=told.attached(attachment_state="detaching"),
        fake_clock=True,
        code="volume_not_attached",
        says=("{volume_id} is detaching",),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="names itself and is being detached",
        attach=as_nvme,
        ec2=told.attached(attachment_state="detaching"),
        fake_clock=True,
        code="volume_not_attached",
        says=("{volume_id} is detaching",),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="never comes while EC2 is throttled",
        attach=not_attached,
        ec2=told.fails(told.THROTTLED),
        fake_clock=True,
        code="volume_unidentified",
        says=("/dev/xvdf", "no EBS volume"),
        passes_s=WHOLE_WAIT_S,
    ),
    Case(
        name="names itself, as metadata does, and does not wait for EC2, which is throttled",
        attach=as_nvme,
        ec2=told.fails(told.THROTTLED),
        fake_clock=True,
        says=("'volume_check': 'unverified: aws_throttled'",),
        passes_s=(0.0, 3.0),
    ),
    Case(
        name="names itself and waits 20 s for EC2, which is out of reach",
        attach=as_nvme,
        ec2=told.fails(told.UNREACHABLE),
        fake_clock=True,
        says=("'volume_check': 'unverified: aws_unreachable'",),
        passes_s=(20.0, 23.0),
    ),
    Case(
        name="names itself and waits 20 s for EC2, which lists nothing",
        attach=as_nvme,
        ec2=told.no_volume,
        fake_clock=True,
        says=("'volume_check': 'unverified: ec2_lists_no_volume'",),
        passes_s=(20.0, 23.0),
    ),
    Case(
        name="is pulled between two steps",
        attach=as_nvme,
        after=("find_volume", vanish),
        code="device_gone",
        says=("{node}", "{serial}"),
    ),
)
