"""Files that stand in CloudFormation templates word for word, because a template includes nothing.

A template has `# from FILE`, a line that opens the text (`- |`, `Content:`), the text, and
`# end of FILE`. `./dev docs` writes the text anew from the file.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "packaging" / "cloudformation"
EMBEDDED = re.compile(
    r"^(?P<head> *# from (?P<file>\S+)\n(?P<indent> *)(?P<opening>\S.*)\n)"
    r"(?:.*\n)*?(?P<tail> *# end of (?P=file)\n)",
    re.MULTILINE,
)


def renewed(template: str) -> str:
    """Return the template with every embedded text as its file has it."""
    return EMBEDDED.sub(_with_file, template)


def embedded_in(template: str) -> list[str]:
    """Return the files that the template has the text of."""
    return [found["file"] for found in EMBEDDED.finditer(template)]


def _with_file(found: re.Match[str]) -> str:
    text = (ROOT / found["file"]).read_text(encoding="utf-8")
    within = found["indent"] + "  "
    lines = (f"{within}{line}".rstrip() + "\n" for line in text.splitlines())
    return found["head"] + "".join(lines) + found["tail"]


def main() -> None:
    for path in sorted(TEMPLATES.glob("*.yaml")):
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
