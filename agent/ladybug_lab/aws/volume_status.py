"""What EC2 says of a volume's health, and of how far its blocks have come from the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Protocol
from xml.sax.saxutils import escape

from moto.backends import get_backend
from werkzeug.wrappers import Response

from ladybug_lab.aws.records import VolumeHealth, VolumeInitialization
from ladybug_lab.aws.wire import ApiCall, write_error

_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


class _Zone(Protocol):
    name: str


class _Volume(Protocol):
    """Moto's volume."""

    id: str
    zone: _Zone


def describe_volume_status(
    call: ApiCall,
    account_id: str,
    initializations: Mapping[str, VolumeInitialization],
    healths: Mapping[str, VolumeHealth],
) -> Response:
    """Answer DescribeVolumeStatus for the named volumes, or for all; filters are not emulated."""
    sent = call.parameters
    volumes: Mapping[str, _Volume] = get_backend("ec2")[account_id][call.region].volumes
    if any(name.startswith("Filter.") for name in sent):
        message = "the lab's DescribeVolumeStatus has no filters"
        return write_error(call.protocol, "NotEmulated", message, HTTPStatus.NOT_IMPLEMENTED)
    wanted = [value for name, value in sent.items() if name.startswith("VolumeId.")]
    for volume_id in wanted:
        if volume_id not in volumes:
            message = f"The volume '{volume_id}' does not exist."
            code = "InvalidVolume.NotFound"
            return write_error(call.protocol, code, message, HTTPStatus.BAD_REQUEST)
    items = (
        _item(
            volumes[volume_id],
            initializations.get(volume_id),
            healths.get(volume_id, VolumeHealth()),
        )
        for volume_id in wanted or volumes
    )
    return Response(
        f'<DescribeVolumeStatusResponse xmlns="{_NAMESPACE}"><requestId>lab</requestId>'
        f"<volumeStatusSet>{''.join(items)}</volumeStatusSet></DescribeVolumeStatusResponse>",
        content_type="text/xml",
    )


def _item(
    volume: _Volume, initialization: VolumeInitialization | None, health: VolumeHealth
) -> str:
    details = {"io-enabled": health.io_enabled, "io-performance": health.io_performance}
    progress = ""
    if initialization is not None:
        details["initialization-state"] = initialization.status
        progress = _tag("initializationStatusDetails", _progress(initialization))
    status = _tag("status", health.status) + _tag("details", _details(details.items()))
    return _tag(
        "item",
        _tag("volumeId", volume.id)
        + _tag("availabilityZone", escape(volume.zone.name))
        + _tag("volumeStatus", status)
        + _tag("eventsSet", _event(health.event) if health.event else "")
        + progress,
    )


def _event(description: str) -> str:
    told = _tag("eventType", "potential-data-inconsistency")
    return _tag("item", told + _tag("description", escape(description)))


def _details(details: Iterable[tuple[str, str]]) -> str:
    return "".join(
        _tag("item", _tag("name", name) + _tag("status", status)) for name, status in details
    )


def _progress(initialization: VolumeInitialization) -> str:
    values = {
        "initializationType": initialization.kind,
        "progress": initialization.progress,
        "estimatedTimeToCompleteInSeconds": initialization.left_s,
    }
    return "".join(_tag(name, str(value)) for name, value in values.items() if value is not None)


def _tag(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"
