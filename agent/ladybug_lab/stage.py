"""The process that holds the surroundings of a rehearsal up, and takes them down at its end.

Run by `rehearse` as `python -m ladybug_lab.stage`. It tells on standard output, one JSON object a
line, what it makes and when it is ready. It ends, and takes everything down, when its standard
input closes (whoever started it is gone) unless the word `keep` came before; then on SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, cache_directory, forget_local_image, open_depot
from ladybug_lab.errors import LabError
from ladybug_lab.instance import LabInstance, Order, launch
from ladybug_lab.registry import LabRegistry

KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is up, by the names that a rehearsal, a person or a clean-up needs."""

    pid: int
    directory: str
    config_file: str
    environment: dict[str, str]
    instance_id: str
    region: str
    table: str
    databases: list[str]
    container: str
    port: int
    mount_point: str
    loop_node: str
    loop_image: str
    registry_directory: str
    registry_port: int
    registry_pid: int


def main() -> int:
    arguments = _parse()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    try:
        _hold(arguments, ended)
    except LabError as error:
        _tell(error=str(error), hint=error.hint)
        return 1
    return 0


def _hold(arguments: argparse.Namespace, ended: threading.Event) -> None:
    data: Path | None = arguments.data_dir
    databases = sorted(path.stem for path in data.glob("*.lbug")) if data else [DATABASE]
    if not databases:
        raise LabError(f"no .lbug file in {data}", "name the directory that holds the databases")
    depot = open_depot(
        cache_directory(), image=arguments.image, data=data, say=lambda text: _tell(say=text)
    )
    with depot as opened, LabAws() as aws:
        forget_local_image(opened)
        order = Order(
            directory=arguments.directory / "instance",
            databases=tuple(databases),
            port=arguments.port,
        )
        with launch(order, opened, aws) as instance:
            _tell(ready=asdict(_standing(instance, opened.registry)))
            threading.Thread(target=_watch_stdin, args=(ended,), daemon=True).start()
            ended.wait()


def _watch_stdin(ended: threading.Event) -> None:
    if KEEP not in sys.stdin.read().split():
        ended.set()


def _standing(instance: LabInstance, registry: LabRegistry) -> Standing:
    return Standing(
        pid=os.getpid(),
        directory=str(instance.order.directory),
        config_file=str(instance.config_file),
        environment=instance.environment(),
        instance_id=instance.provisioned.instance_id,
        region=instance.provisioned.region,
        table=instance.provisioned.table,
        databases=list(instance.order.databases),
        container=instance.order.container,
        port=instance.order.port,
        mount_point=str(instance.mount_point),
        loop_node=str(instance.device.node),
        loop_image=str(instance.device.image),
        registry_directory=str(registry.directory),
        registry_port=registry.port,
        registry_pid=registry.pid,
    )


def _tell(**message: object) -> None:
    print(json.dumps(message), flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ladybug_lab.stage")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--image")
    parser.add_argument("--data-dir", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
