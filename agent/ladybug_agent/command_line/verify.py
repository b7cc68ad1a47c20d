"""The command line of `verify`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format


def add_verify(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "verify",
        help="check databases by hand, or write the manifest of a snapshot",
        description="Makes the boot's checks on a directory of databases, on a block device, or,"
        " without either, on the volume that is mounted here. Changes nothing, but for"
        " --write-manifest, which writes one file.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("path", nargs="?", type=Path, metavar="PATH", help="directory to look in")
    where.add_argument("--device", type=Path, metavar="DEV", help="block device (needs root)")
    where.add_argument(
        "--write-manifest",
        type=Path,
        metavar="DIR",
        help="check the databases in DIR, then write down beside them what they are",
    )
    parser.add_argument(
        "--database",
        action="append",
        default=[],
        metavar="NAME",
        help="database that must be there; may be repeated (default: all that are)",
    )
    parser.add_argument(
        "--depth",
        choices=("names", "sampled", "full"),
        help="how deeply to compare with the manifest (default: as configured, or sampled)",
    )
    parser.add_argument(
        "--image",
        metavar="IMAGE",
        help="also open and count each database with the engine of this local image",
    )
    add_config_file(parser)
    add_format(parser)
