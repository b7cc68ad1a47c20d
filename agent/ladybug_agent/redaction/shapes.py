"""Secrets that are known by how they look, wherever they stand.

Each pattern takes time in proportion to the text, whatever the text is: quantifiers are possessive
or bounded, and nothing that is repeated can begin with what follows it. None reaches over the end
of a line, except a PEM block, which has a limit of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "[redacted]"
PEM_CHARS = 16 * 1024
"""A private key of 16,384 bits has 13,000."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern whose group `kept`, if it has one, stays; `hints` are where it is worth a look."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]

    def is_worth_a_look(self, text: str, lower: str) -> bool:
        return any(hint in (lower if hint.islower() else text) for hint in self.hints)

    def hide(self, text: str) -> tuple[str, int]:
        """Return the text without what has this shape, and how often it had."""
        return self.pattern.subn(_kept, text)


def _kept(found: re.Match[str]) -> str:
    return found.groupdict(default="").get("kept", "") + MARK


BASE64 = r"A-Za-z0-9+/_\-"
PEM = re.compile(
    rf"-----BEGIN[^\n-]{{0,64}}-----(?:(?!-----END)[\s\S]){{0,{PEM_CHARS}}}+"
    r"(?:-----END[^\n-]{0,64}-----)?"
)
SHAPES = (
    Shape("PEM block", ("-----BEGIN",), PEM),
    Shape(
        "Authorization or Cookie header, to the end of its line",
        ("authorization", "cookie"),
        re.compile(
            r"(?P<kept>(?i:authorization|cookie)\\{0,7}+[\"']?+"
            r"[ \t]{0,8}+[:=][ \t]{0,8}+\\{0,7}+[\"']?+)"
            r"(?!\[redacted\](?:[\"'\\\n]|$))(?:[^\"'\\\n]|\\(?![\"']))++"
        ),
    ),
    Shape(
        "bearer token",
        ("bearer",),
        re.compile(r"(?P<kept>(?i:bearer)[ \t]{1,8})[A-Za-z0-9._~+/=-]{8,}+"),
    ),
    Shape(
        "basic authentication",
        ("basic",),
        # All small letters are a word, such as `Basic authentication`.
        re.compile(
            r"(?P<kept>(?i:basic)[ \t]{1,8})(?=[a-z]{0,64}[A-Z0-9+/])[A-Za-z0-9+/]{8,}+={0,2}"
        ),
    ),
    Shape("access key id of AWS", ("AKIA", "ASIA"), re.compile(r"A[KS]IA[A-Z0-9]{16,}+")),
    Shape(
        "session token of AWS",
        ("IQoJ", "FwoG", "FQoG", "AQoD"),
        re.compile(rf"(?:IQoJ|FwoG|FQoG|AQoD)[{BASE64}=%]{{40,}}+"),
    ),
    Shape(
        "JSON in base64, as in web tokens and ECR passwords",
        ("eyJ",),
        re.compile(rf"eyJ[{BASE64}=]{{16,}}+(?:\.[{BASE64}=]*+){{0,4}}"),
    ),
    Shape("login to ECR in base64", ("QVdTO",), re.compile(rf"QVdTO[{BASE64}=]{{16,}}+")),
    Shape(
        "token of a code host or chat",
        ("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "xox"),
        re.compile(r"(?:gh[pousr]_|github_pat_|xox[abeprs]-)[A-Za-z0-9_-]{16,}+"),
    ),
    Shape(
        "who and with what password, in a URL",
        ("://",),
        re.compile(r"(?P<kept>://)(?!\[redacted\]@)[^\s/@\"'<>?#]{1,1024}+(?=@)"),
    ),
)
