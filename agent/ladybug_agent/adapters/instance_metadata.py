"""Who the instance is and what its role may use, read from instance metadata."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from ladybug_agent.clock import Clock
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.model import Credentials, InstanceIdentity

# botocore renews at 15 minutes, and would ask in vain if it were then handed what it has.
RENEW_BEFORE = timedelta(minutes=20)
DOCUMENT_PATH = "dynamic/instance-identity/document"
MAC_PATH = "meta-data/mac"
HOSTNAME_PATH = "meta-data/local-hostname"
ROLE_PATH = "meta-data/iam/security-credentials/"
MAPPING_PATH = "meta-data/block-device-mapping/"


class Imds(Protocol):
    """Whoever asks the metadata service: by requests for the boot, by sockets for the tick."""

    def get(self, path: str) -> str | None: ...


class ImdsMetadata:
    """A few requests to the metadata service for each question; see `Imds` for how long.

    What cannot change is asked once: a hiccup later, in the middle of a call to AWS, must not end
    a boot.
    """

    def __init__(self, imds: Imds, clock: Clock) -> None:
        self._imds = imds
        self._clock = clock
        self._held: Credentials | None = None

    def identity(self) -> InstanceIdentity:
        document = self._document(DOCUMENT_PATH)
        mac = self._required(MAC_PATH)
        try:
            return InstanceIdentity(
                instance_id=_string(document, "instanceId"),
                account_id=_string(document, "accountId"),
                region=_string(document, "region"),
                availability_zone=_string(document, "availabilityZone"),
                instance_type=_string(document, "instanceType"),
                private_ip=_string(document, "privateIp"),
                launched_at=_moment(document, "pendingTime"),
                private_dns=self._required(HOSTNAME_PATH),
                vpc_id=self._required(f"meta-data/network/interfaces/macs/{mac}/vpc-id"),
                # 404 until Auto Scaling has moved the instance for the first time.
                target_lifecycle_state=self._imds.get(
                    "meta-data/autoscaling/target-lifecycle-state"
                ),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _garbled("the instance identity document") from error

    def block_device_mapping(self) -> dict[str, str]:
        listing = self._imds.get(MAPPING_PATH) or ""
        names = [name for name in listing.split() if "/" not in name]
        found = {name: self._imds.get(f"{MAPPING_PATH}{name}") for name in names}
        return {name: device for name, device in found.items() if device}

    @cache  # noqa: B019 - it lives as long as the process
    def instance_id(self) -> str:
        return self._required("meta-data/instance-id")

    @cache  # noqa: B019
    def region(self) -> str:
        return self._required("meta-data/placement/region")

    def credentials(self) -> Credentials:
        """Return the credentials we hold, or new ones when those are about to expire."""
        held = self._held
        if held is None or held.expires_at - self._clock.utcnow() < RENEW_BEFORE:
            held = self._held = self._fresh_credentials()
        return held

    def _fresh_credentials(self) -> Credentials:
        role = self._imds.get(ROLE_PATH)
        text = self._imds.get(f"{ROLE_PATH}{role.split()[0]}") if role else None
        if role is None or text is None:
            # The 404s that are no answer: role and credentials can appear seconds after boot.
            raise NotYet(
                "credentials_missing",
                "wanted credentials of the instance role, found none in instance metadata",
                hint="set IamInstanceProfile in the launch template",
            )
        document = _parsed(text, "the credentials of the instance role")
        try:
            return _credentials(document, role)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _garbled("the credentials of the instance role") from error

    def _document(self, path: str) -> dict[str, object]:
        return _parsed(self._required(path), path)

    def _required(self, path: str) -> str:
        if (text := self._imds.get(path)) is not None:
            return text
        raise ExternalFailure(
            "imds_incomplete",
            f"instance metadata has no {path}",
            hint="is this an EC2 instance, and is the endpoint really instance metadata?",
        )


def _credentials(document: dict[str, object], role: str) -> Credentials:
    if document["Code"] != "Success":
        raise NotYet(
            "credentials_missing",
            f"instance metadata says `{document['Code']}` for the role {role}",
            hint="the role's trust policy must let ec2.amazonaws.com assume it",
        )
    return Credentials(
        access_key_id=_string(document, "AccessKeyId"),
        secret_access_key=_string(document, "SecretAccessKey"),
        session_token=_string(document, "Token"),
        expires_at=_moment(document, "Expiration"),
    )


def _parsed(text: str, what: str) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _garbled(what) from error
    if not isinstance(document, dict):
        raise _garbled(what)
    return document


def _string(document: dict[str, object], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a string")
    return value


def _moment(document: dict[str, object], name: str) -> datetime:
    moment = datetime.fromisoformat(_string(document, name))
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return moment.astimezone(UTC)


def _garbled(what: str) -> ExternalFailure:
    return ExternalFailure(
        "imds_garbled",
        f"cannot read {what}: it is not the document that EC2 describes",
        hint="is something else answering on the metadata address?",
    )
