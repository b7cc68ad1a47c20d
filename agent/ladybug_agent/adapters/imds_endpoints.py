"""Where instance metadata answers, and what to say when it does not. Needs no library."""

from __future__ import annotations

from collections.abc import Mapping

IPV4_ENDPOINT = "http://169.254.169.254"
IPV6_ENDPOINT = "http://[fd00:ec2::254]"
HINT = (
    "is HttpEndpoint enabled in the launch template's MetadataOptions? is a firewall between the"
    " instance and the link-local address?"
)


def endpoints(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the endpoints to try, in order, as the AWS SDKs choose them.

    `AWS_EC2_METADATA_SERVICE_ENDPOINT` is used alone if set;
    `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` picks IPv4 or IPv6; without both, IPv4 then IPv6.

    >>> endpoints({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"})
    ('http://127.0.0.1:1338',)
    """
    if explicit := environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        return (explicit.rstrip("/"),)
    match environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower():
        case "ipv6":
            return (IPV6_ENDPOINT,)
        case "ipv4":
            return (IPV4_ENDPOINT,)
        case _:
            return (IPV4_ENDPOINT, IPV6_ENDPOINT)
