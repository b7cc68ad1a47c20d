"""A real browser, driven by the DevTools protocol over two pipes: no port, no library.

Protocol: https://chromedevtools.github.io/devtools-protocol/; with `--remote-debugging-pipe` the
browser reads commands from descriptor 3 and writes answers to 4, each ended by a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

PROGRAM = "chromium"
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # as root there is none; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing leaves this machine
)
LIMIT_S = 30.0
PHONE_PX = 600
Answer = dict[str, Any]


@dataclass
class Browser:
    """One process; `open` makes a page in it."""

    commands: int
    answers: int
    events: list[Answer] = field(default_factory=list)
    _held: bytes = b""
    _number: int = 0

    def call(self, method: str, session: str = "", **parameters: object) -> Answer:
        """Send a command and return its result; what else is said meanwhile is kept."""
        self._number += 1
        told: Answer = {"id": self._number, "method": method, "params": parameters}
        if session:
            told["sessionId"] = session
        os.write(self.commands, json.dumps(told).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        if "error" in answer:
            message = f"{method}: {answer['error']}"
            raise RuntimeError(message)
        result: Answer = answer["result"]
        return result

    def await_event(self, method: str, session: str) -> None:
        while not any(
            one.get("method") == method and one.get("sessionId") == session for one in self.events
        ):
            self.events.append(self._next())

    def open(self, content: str, **look: object) -> Page:
        """Return a page that shows this document; `look` as `Page.look`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            page.call(f"{domain}.enable")
        page.look(**look)  # type: ignore[arg-type]  # the same words
        self.events.clear()
        with tempfile.NamedTemporaryFile("w", suffix=_suffix(content), encoding="utf-8") as file:
            file.write(content)
            file.flush()
            page.call("Page.navigate", url=f"file://{file.name}")
            self.await_event("Page.loadEventFired", session)
        return page

    def _next(self) -> Answer:
        limit = monotonic() + LIMIT_S
        while b"\0" not in self._held:
            if not select.select([self.answers], [], [], max(0.0, limit - monotonic()))[0]:
                message = f"the browser said nothing for {LIMIT_S:g} s"
                raise TimeoutError(message)
            if not (data := os.read(self.answers, 1 << 20)):
                message = "the browser has ended"
                raise EOFError(message)
            self._held += data
        told, _, self._held = self._held.partition(b"\0")
        answer: Answer = json.loads(told)
        return answer


@dataclass
class Page:
    browser: Browser
    target: str
    session: str

    def call(self, method: str, **parameters: object) -> Answer:
        return self.browser.call(method, self.session, **parameters)

    def look(
        self, *, width: int = 1280, dark: bool = False, printed: bool = False, phone: bool = True
    ) -> None:
        """Set what it is shown on; a narrow one is a phone, unless that is said to be false."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=phone and width < PHONE_PX,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        media = "print" if printed else ""
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript from outside, which the page's own policy does not forbid."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self, path: Path, *, whole: bool = True, **clip: float) -> None:
        settings: dict[str, object] = {"format": "png", "captureBeyondViewport": whole}
        if clip:
            settings["clip"] = {"x": 0, "y": 0, "scale": 1, **clip}
        self.call("Page.bringToFront")  # what is behind another page draws once in a while
        data = self.call("Page.captureScreenshot", **settings)["data"]
        path.write_bytes(base64.b64decode(data))

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def accessibility(self) -> list[tuple[str, str]]:
        """Return role and name of all that a screen reader meets, in its order."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in nodes
            if not node.get("ignored") and "role" in node
        ]

    def complaints(self) -> list[str]:
        """Return what the browser logged or refused: violations of the policy, failed requests."""
        methods = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
        return [json.dumps(one) for one in self.browser.events if one.get("method") in methods]

    def requests(self) -> list[str]:
        """Return the addresses of all that was fetched."""
        return [
            str(one["params"]["request"]["url"])
            for one in self.browser.events
            if one.get("method") == "Network.requestWillBeSent"
        ]

    def close(self) -> None:
        self.browser.call("Target.closeTarget", targetId=self.target)


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser with a profile of its own, and take both away."""
    commands_in, commands = os.pipe()
    answers, answers_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # The shell puts the pipes where the browser looks for them; sh knows one digit only.
        script = f'exec "$@" 3<&{commands_in} 4>&{answers_out}'
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", PROGRAM, *OPTIONS, f"--user-data-dir={profile}"],
            pass_fds=(commands_in, answers_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(os.environ, profile),
        )
        os.close(commands_in)
        os.close(answers_out)
        browser = Browser(commands, answers)
        try:
            yield browser
        finally:
            process.kill()
            process.wait(LIMIT_S)
            os.close(commands)
            os.close(answers)


def _environment(known: Mapping[str, str], home: str) -> dict[str, str]:
    kept = {name: known[name] for name in ("PATH", "LANG") if name in known}
    return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}


def _suffix(content: str) -> str:
    return ".svg" if content.startswith(("<svg", "<?xml")) else ".html"
