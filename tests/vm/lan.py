"""The guest's network: its own address, and what it finds there.

QEMU's user network stands for the VPC's subnet; its gateway is the loopback device of the network
namespace in which all of this runs, and which has no other device.
"""

from __future__ import annotations

from pathlib import Path

SUBNET = "172.31.16.0/20"
GATEWAY = "172.31.16.1"
GUEST = "172.31.16.10"
NO_NAME_SERVER = "172.31.16.2"
MAC = "0e:12:34:56:78:9a"
METADATA = "169.254.169.254"
METADATA_PORT = 80
AWS_PORT = 4566
"""As `DefaultEnvironment=` of the image has it."""
REGISTRY_PORT = 5000
SERVICE_PORT = 8001
SERVICE_FROM_OUTSIDE = 18001


def is_enclosed() -> bool:
    """Tell whether nothing can leave: the namespace has the loopback device alone."""
    devices = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return [line.split(":")[0].strip() for line in devices] == ["lo"]
