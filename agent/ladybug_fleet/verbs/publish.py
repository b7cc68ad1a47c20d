"""The verb `publish`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ladybug_agent.exit_status import ExitStatus
from ladybug_fleet.aws import client
from ladybug_fleet.bundle.check import check_file
from ladybug_fleet.bundle.checkout import own_checkout
from ladybug_fleet.outputs import give_github, tell
from ladybug_fleet.publishing.artefact import artefacts
from ladybug_fleet.publishing.publish import Published, publish_all
from ladybug_fleet.publishing.s3_store import S3Store, parse_place


def publish(arguments: argparse.Namespace) -> ExitStatus:
    bucket, prefix = parse_place(arguments.to)
    checkout = own_checkout()
    bundle = check_file(arguments.bundle or Path("dist") / f"{checkout.name}.tar.gz")
    files = artefacts(bundle, checkout)
    place = "/".join(part for part in (prefix, bundle.version) if part)
    store = S3Store(client("s3", arguments.region, arguments.profile), bucket, place)
    done = publish_all(store, files, _tell_progress)
    outputs = {
        "version": bundle.version,
        "sha256": bundle.sha256,
        "bundle_uri": store.uri(bundle.filename),
        "uri": store.uri(""),
    }
    tell(
        {
            "schema": "ladybug.fleet-publish/1",
            **outputs,
            "files": [
                {
                    "name": one.name,
                    "uri": one.uri,
                    "sha256": one.sha256,
                    "size": one.size,
                    "outcome": one.outcome,
                }
                for one in done
            ],
        },
        [f"{outputs['bundle_uri']}", f"sha256 {bundle.sha256}"],
        arguments.format,
    )
    give_github(outputs)
    return ExitStatus.GOOD


def _tell_progress(one: Published) -> None:
    print(f"{one.outcome:<9}  {one.name}  {one.size} bytes", file=sys.stderr)
