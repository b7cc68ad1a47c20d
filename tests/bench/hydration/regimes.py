"""What a volume made from a snapshot is taken to be like; figures assumed."""

from __future__ import annotations

from ladybug_lab.volumes.lazy.volume import LazyRules

MB = 1_000_000
FETCH_BYTES_PER_S = 140.0 * MB
VOLUME_BYTES_PER_S = 250.0 * MB

# A first touch costs 30 ms, and nothing else costs anything.
UNCAPPED = LazyRules(first_touch_s=0.030, base_s=0.0, threads=512)
# Any other read costs half a millisecond, as on EBS, and the rates are limited.
CAPPED = LazyRules(
    first_touch_s=0.030,
    base_s=0.0005,
    fetch_bytes_per_s=FETCH_BYTES_PER_S,
    volume_bytes_per_s=VOLUME_BYTES_PER_S,
)


def volume_capped(bytes_per_s: float) -> LazyRules:
    """Return a volume whose own throughput is the only limit beside the first touches."""
    return LazyRules(first_touch_s=0.030, base_s=0.0005, volume_bytes_per_s=bytes_per_s)


# For what is not measured: mounting, recording, planning.
INSTANT = LazyRules(first_touch_s=0.0, base_s=0.0, threads=512)
