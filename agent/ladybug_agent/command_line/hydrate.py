"""The command line of `hydrate`."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.command_line.options import Verbs, add_config_file, add_format, seconds


def add_hydrate(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "hydrate", help="load a volume that is still in S3; record, plan and show hot maps"
    )
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    _add_run(acts)
    _add_record(acts)
    _add_plan(acts)
    _add_show(acts)


def _add_run(acts: Verbs) -> None:
    parser = acts.add_parser(
        "run",
        help="read the rest of the databases in the background",
        description="Reads the hot part if the boot has not, then all blocks of the databases"
        " that have not been read, at a share of what the volume can do. Goes on where an earlier"
        " run was stopped.",
    )
    parser.add_argument(
        "--fast", action="store_true", help="as fast as the volume can; queries wait meanwhile"
    )
    add_config_file(parser)
    add_format(parser)


def _add_record(acts: Verbs) -> None:
    parser = acts.add_parser(
        "record",
        help="learn a hot map from what the page cache holds now",
        description="Run it on a replica that serves. What it sees is merged into the map that is"
        " kept at `hydration.maps`.",
    )
    parser.add_argument(
        "--tier",
        choices=("opening", "queries"),
        default="queries",
        help="`opening` right after the databases were opened, before any query"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="empty the page cache of the databases first, so that the map can also shrink",
    )
    parser.add_argument(
        "--after",
        type=seconds,
        metavar="SECONDS",
        help="wait so long before looking (default: not at all, or with --fresh 60)",
    )
    add_config_file(parser)
    add_format(parser)


def _add_plan(acts: Verbs) -> None:
    parser = acts.add_parser(
        "plan",
        help="what would be read, in which order, and how long that takes",
        description="Reads nothing but headers and the filesystem's own metadata.",
    )
    parser.add_argument(
        "--reads", action="store_true", help="list every read of the hot part (JSON only)"
    )
    add_config_file(parser)
    add_format(parser)


def _add_show(acts: Verbs) -> None:
    parser = acts.add_parser(
        "show",
        help="draw a hot map (SVG)",
        description="Position in the file, and how many recordings had seen it, for both tiers.",
    )
    parser.add_argument(
        "map", metavar="MAP", help="a file, or the name or UUID of a database of the volume"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where to (default: standard output)"
    )
    add_config_file(parser)
