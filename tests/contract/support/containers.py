"""A container as the agent asks for it."""

from __future__ import annotations

from ladybug_agent.model.containers import BindMount, ContainerSpec

ID = "c0ffee" * 10 + "c0ff"
DIGEST = "sha256:" + "ab" * 32
DATA = BindMount(source="/mnt/ladybug-data/databases", target="/app/data/lbug-dbs", read_only=True)
SPEC = ContainerSpec(
    name="graph-api-shared",
    image_id=DIGEST,
    user="1000:1000",
    environment={"LBUG_READ_ONLY": "true"},
    labels={"org.ladybugdb.generation": "vol0/9/107"},
    data=DATA,
    tmpfs={"/tmp": "size=64m"},
    bind_address="127.0.0.1",
    port=8001,
    memory_bytes=512 * 1024**2,
    pids_limit=4096,
    log_driver="local",
)
