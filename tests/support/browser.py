# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to in its own protocol over two pipes: no driver, no port, no package."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-features=IsolateSandboxedIframes",  # in a process of its own, a frame would be out of reach
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # a page that asks the network for something gets an error
)
PATIENCE_SECONDS = 60.0


def find() -> str | None:
    """Return a browser's path."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One open page."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._number, self._rest = 0, b""
        self._session: str | None = None
        self.complaints: list[str] = []
        """What the console said, what was thrown, what could not be loaded."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._reads, 1 << 20)
            if not read:
                raise RuntimeError("the browser has ended")
            self._rest += read
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if message.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.complaints.append(text.decode())
        return message

    def look(self, *, dark: bool = False, width: int = 1400, height: int = 900) -> None:
        """Set the system's colours and the window's size."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, path: Path) -> None:
        """Load a file and wait until its figures are drawn."""
        self.send("Page.navigate", url=path.as_uri())
        self.wait("document.readyState === 'complete'")

    def value(self, expression: str, *, framed: bool = False) -> Any:
        """Return what an expression is: on the page, or among the elements of the frame in it."""
        where: dict[str, Any] = {}
        if framed:
            (frame,) = self.send("Page.getFrameTree")["frameTree"]["childFrames"]
            world = self.send("Page.createIsolatedWorld", frameId=frame["frame"]["id"])
            where["contextId"] = world["executionContextId"]
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, **where
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, expression: str, *, framed: bool = False) -> None:
        """Wait until an expression is true; `framed` as for `value`."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.value(expression, framed=framed):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.05)

    def click(self, selector: str, *, framed: bool = False) -> None:
        """Click on an element as a person does, whom a browser lets do more than a script."""
        box = (
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            "found.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const box = found.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        x, y = self.value(box, framed=framed)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, code: int = 0) -> None:
        """Press and release a key."""
        more = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    def screenshot(
        self, path: Path, *, top: float = 0, bottom: float | None = None, scale: float = 1
    ) -> None:
        """Write the page as a picture, or a part of its height, in pixels from its top."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        height = (bottom or size["height"]) - top
        clip = {"x": 0, "y": top, "width": size["width"], "height": height, "scale": scale}
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page."""
        path.write_bytes(
            base64.b64decode(self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
        )


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """Open a browser with a profile of its own, and end it."""
    browser = find()
    if browser is None:
        raise RuntimeError(f"none of {', '.join(NAMES)} is installed")
    to_browser, from_browser = _pipe(), _pipe()
    flags = [*FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    process = os.posix_spawn(
        browser,
        [browser, *flags],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, to_browser[0], 3),
            (os.POSIX_SPAWN_DUP2, from_browser[1], 4),
            *((os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)),
        ],
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        yield Tab(from_browser[0], to_browser[1])
    finally:
        os.kill(process, signal.SIGTERM)
        os.waitpid(process, 0)
        os.close(to_browser[1])
        os.close(from_browser[0])


def _pipe() -> tuple[int, int]:
    """Open a pipe whose ends are not the descriptors 3 and 4, at which the browser expects its own."""
    low = os.pipe()
    reads, writes = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return reads, writes
