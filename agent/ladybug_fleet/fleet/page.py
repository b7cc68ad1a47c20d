"""The fleet as one page of HTML that needs nothing else: no script, no picture, no font."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ladybug_agent.clock import iso_utc
from ladybug_fleet.fleet.page_style import STYLE
from ladybug_fleet.fleet.table import age_words, lease_words
from ladybug_fleet.fleet.view import FleetView, ReplicaView, short_image

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Everything is escaped; this makes sure that nothing would run if it were not."""

COLUMNS = (
    "Auto Scaling", "Load balancer", "Registry", "Lease", "Agent", "Image", "Snapshot", "Data age",
    "Hydration",
)  # fmt: skip
NOTHING = "&ndash;"


def fleet_page(view: FleetView) -> str:
    """Return the page. Whatever comes from AWS or from a row is escaped."""
    title = escape(f"Fleet {view.group}")
    rows = "\n".join(row for one in view.replicas for row in _rows(one))
    headings = "".join(f'<th scope="col">{name}</th>' for name in ("Instance", *COLUMNS))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{_summary(view)}
<table>
<caption>As seen at <time datetime="{iso_utc(view.at)}">{iso_utc(view.at)}</time></caption>
<thead><tr>{headings}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _summary(view: FleetView) -> str:
    kind = "good" if view.is_good else "bad"
    words = "good" if view.is_good else "not good"
    dispute = f", {view.disagreements} in dispute" if view.disagreements else ""
    remarks = "".join(f"<li>{escape(one)}</li>" for one in view.remarks)
    listed = f"<ul>{remarks}</ul>" if remarks else ""
    return (
        f'<p><span class="verdict {kind}">{words}</span>: {view.ready} ready of {view.desired}'
        f" wanted ({view.minimum} to {view.maximum}){dispute}</p>\n{listed}"
    )


def _rows(one: ReplicaView) -> Iterator[str]:
    values = (
        one.lifecycle, one.target, one.status, lease_words(one.lease_left_s), one.agent_version,
        short_image(one.image), one.snapshot_id, age_words(one.data_age_days), one.hydration,
    )  # fmt: skip
    cells = "".join(
        f'<td data-label="{label}">{escape(value) or NOTHING}</td>'
        for label, value in zip(COLUMNS, values, strict=True)
    )
    kind, word = ("good", "ready") if one.is_ready else ("bad", "not ready")
    where = escape(" ".join(filter(None, (one.zone, one.kind))))
    name = f'{escape(one.instance_id)}<br><small><span class="{kind}">{word}</span> {where}</small>'
    yield f'<tr><th scope="row">{name}</th>{cells}</tr>'
    if note := one.disagreement or "; ".join(one.missing):
        span = len(COLUMNS) + 1
        yield f'<tr class="note"><td colspan="{span}" data-label="Note">{escape(note)}</td></tr>'
