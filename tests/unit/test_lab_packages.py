"""The parsers behind the package graph, on small texts."""

from __future__ import annotations

from ladybug_lab.package_sources import dpkg_catalogue, parse_stanza, rpm_catalogue
from ladybug_lab.packages import reach

STATUS = """\
Package: editor
Status: install ok installed
Section: editors
Installed-Size: 686
Version: 1:2.0-3
Pre-Depends: libc (>= 2.34)
Depends: libc, terminal:any | pager [amd64], spell-checker
Description: write "text", with commas
 Pre-Depends: nothing, this is prose

Package: libc
Status: install ok installed
Version: 2.36

Package: leftover
Status: deinstall ok config-files
Version: 1
"""

AVAILABLE = """\
Package: libc
Version: 9.9

Package: pager
Version: 3
Suggests: far-away
Description: read text

Package: far-away
Version: 4
"""


def test_a_stanza_is_read_with_relations_of_every_kind() -> None:
    editor = parse_stanza(STATUS.split("\n\n", maxsplit=1)[0], installed=True)
    assert (editor.version, editor.section, editor.installed_kib) == ("1:2.0-3", "editors", 686)
    assert editor.summary == 'write "text", with commas'
    assert editor.relations == (
        ("depends", "libc"),
        ("depends", "terminal"),
        ("depends", "pager"),
        ("depends", "spell-checker"),
        ("pre-depends", "libc"),
    )


def test_the_graph_holds_installed_packages_and_what_they_reach() -> None:
    packages, edges = reach(dpkg_catalogue(STATUS, AVAILABLE), max_edges=100)
    assert [(package.name, package.installed) for package in packages] == [
        ("editor", True),
        ("libc", True),
        ("pager", False),
        ("far-away", False),
    ]
    assert edges == [
        ("editor", "libc", "depends"),
        ("editor", "pager", "depends"),
        ("editor", "libc", "pre-depends"),
        ("pager", "far-away", "suggests"),
    ]


def test_an_installed_package_is_described_by_what_is_installed() -> None:
    found = dpkg_catalogue(STATUS, AVAILABLE).find("libc")
    assert found is not None
    assert found.version == "2.36"


def test_the_graph_stops_at_the_limit_with_both_ends_of_every_edge() -> None:
    packages, edges = reach(dpkg_catalogue(STATUS, AVAILABLE), max_edges=2)
    assert len(edges) == 2
    assert {name for edge in edges for name in edge[:2]} <= {package.name for package in packages}


def test_without_apt_lists_the_installed_packages_are_enough() -> None:
    catalogue = dpkg_catalogue(STATUS, "")
    packages, edges = reach(catalogue, max_edges=100)
    assert (catalogue.source, len(packages), len(edges)) == ("dpkg status", 2, 2)


def test_rpm_packages_relate_through_what_others_provide() -> None:
    catalogue = rpm_catalogue(
        "editor\t2.0-3\tTools\t2048\twrite text\nglibc\t2.34-1\tSystem\t9999\tthe C library\n",
        "editor\teditor\nglibc\tlibc.so.6()(64bit)\n",
        {"depends": "editor\tlibc.so.6()(64bit)\neditor\trpmlib(X)\n", "suggests": ""},
    )
    packages, edges = reach(catalogue, max_edges=100)
    assert [(package.name, package.installed_kib) for package in packages] == [
        ("editor", 2),
        ("glibc", 9),
    ]
    assert edges == [("editor", "glibc", "depends")]
