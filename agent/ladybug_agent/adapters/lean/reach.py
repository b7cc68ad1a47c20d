"""The network as a diagnosis tries it: names, connections, TLS, an answer, the time over there."""

from __future__ import annotations

import ctypes
import os
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ladybug_agent.adapters.lean.aws import endpoint
from ladybug_agent.adapters.lean.http import Address, Ask, Limits, exchange, parse_url
from ladybug_agent.adapters.lean.names import resolve
from ladybug_agent.adapters.lean.reading import GarbledReplyError
from ladybug_agent.clock import Clock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.standing import Answered

LIMITS = Limits(connect_s=1.0, total_s=2.0, body_bytes=16 * 1024)
NOT_YET_VALID, EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED, X509_STORE_CTX_get_error(3)."""
UNSYNCHRONIZED = 0x0040
"""STA_UNSYNC, adjtimex(2)."""
TIMEX_BYTES = 512
"""More than `struct timex` has, on every architecture."""
STATUS_WORD = 10
"""Where `status` is, in ints: after modes with its padding, offset, freq, maxerror, esterror."""


class LeanReach:
    """Each try blocks for at most 2 s."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def resolve(self, host: str) -> str:
        try:
            return resolve(host, 0, LIMITS.connect_s)[0]
        except OSError as error:
            found = "no answer in time" if isinstance(error, TimeoutError) else "no such name"
            raise ExternalFailure(
                "name_not_resolved",
                f"wanted the address of {host}, found {found}",
                hint="is DNS on in the VPC (enableDnsSupport)? does /etc/resolv.conf name its"
                " resolver? is port 53 open to it?",
                host=host,
            ) from error

    def ask(self, url: str) -> Answered:
        address, _ = parse_url(url)
        began = self._clock.monotonic()
        try:
            reply = exchange(address, Ask(path="/"), LIMITS, self._clock)
        except (OSError, GarbledReplyError) as error:
            raise _unreachable(address, error) from error
        took_s = self._clock.monotonic() - began
        date = _date(reply.headers.get("date", ""))
        ahead_s = (date - self._clock.utcnow()).total_seconds() if date else None
        return Answered(took_ms=round(1000 * took_s, 1), ahead_s=ahead_s)

    def endpoint_url(self, service: str, region: str) -> str:
        found = endpoint(service, region, os.environ)
        scheme = "https" if found.tls else "http"
        return f"{scheme}://{found.authority}"

    def is_clock_synchronized(self) -> bool | None:
        """Ask the kernel by adjtimex(2), which changes nothing with no modes set."""
        timex = (ctypes.c_int * (TIMEX_BYTES // 4))()
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
        except (OSError, AttributeError):
            return None
        return None if state < 0 else not timex[STATUS_WORD] & UNSYNCHRONIZED


def _unreachable(address: Address, error: Exception) -> ExternalFailure:
    hint = "check the route, the security group and the VPC endpoint"
    match error:
        case ssl.SSLCertVerificationError(verify_code=code) if code in {NOT_YET_VALID, EXPIRED}:
            return ExternalFailure(
                "clock_skewed",
                f"{address.authority} has a certificate that is not valid at this instance's time",
                hint="set the clock: `chronyc tracking`, then `systemctl restart chronyd`",
            )
        case ssl.SSLCertVerificationError():
            found = "a certificate that is not trusted"
            hint = "does a proxy answer in place of AWS? see AWS_CA_BUNDLE"
        case ssl.SSLError():
            found = "no TLS"
        case GarbledReplyError():
            found = "an answer that is no HTTP"
        case TimeoutError():
            found = "no answer in time"
        case _:
            found = "no connection"
    return ExternalFailure(
        "aws_unreachable",
        f"wanted an answer from {address.authority}, found {found}",
        hint=hint,
        found=found,
    )


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
