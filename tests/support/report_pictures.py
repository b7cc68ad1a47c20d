"""Write the pictures of the report in `docs/pictures` anew, with Chromium.

Run: `PYTHONPATH=tests ./dev python -m support.report_pictures`.
"""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.diagnose.report.page import page
from ladybug_agent.redaction.redactor import Redactor
from support.chromium import running_browser
from support.sample_diagnoses import boot, broken

PICTURES = Path(__file__).parents[2] / "docs/pictures"
SHOTS: dict[str, tuple[int, bool, int]] = {
    "report-light.png": (960, False, 1040),
    "report-dark.png": (960, True, 1040),
    "report-phone.png": (390, False, 1500),
}
"""Width, whether it is dark, and height."""


def main() -> None:
    content = page(broken(), boot(), Redactor(()))
    with running_browser() as browser:
        shown = browser.open(content)
        for name, (width, is_dark, height) in SHOTS.items():
            shown.look(width=width, dark=is_dark)
            shown.screenshot(PICTURES / name, width=width, height=height)


if __name__ == "__main__":
    main()
