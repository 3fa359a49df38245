"""A headless Chromium, driven over pipes by its DevTools protocol: for tests of pages."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count

import pytest

_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,1000",
    "--remote-debugging-pipe",
]


def require_chromium():
    """The program; the test is skipped without it, or fails where REQUIRE_CHROMIUM is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("there is no Chromium, and REQUIRE_CHROMIUM is set")
        pytest.skip("needs Chromium: Debian's package chromium")
    return found


@contextmanager
def open_browser(*flags):
    """A browser with an empty profile, closed afterwards."""
    program = require_chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()

        def place():
            # Chromium reads from descriptor 3 and writes to 4.
            os.dup2(read_in, 10)
            os.dup2(write_out, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        process = subprocess.Popen(
            [program, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place,  # noqa: PLW1509 - nothing of ours runs in threads by then
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_in)
        os.close(write_out)
        try:
            yield Browser(write_in, read_out)
        finally:
            process.terminate()
            process.wait(20)
            os.close(write_in)
            os.close(read_out)


class Browser:
    """One browser: commands are sent and answered in order, events are kept."""

    def __init__(self, write, read):
        self._write, self._read = write, read
        self._buffer = b""
        self._numbers = count(1)
        self.events = []

    def call(self, method, *, session=None, **params):
        """Send a command; gives its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            received = self.receive(30)
            assert received is not None, f"Chromium does not answer {method}"
            if received.get("id") == number:
                assert "error" not in received, f"{method}: {received['error']}"
                return received["result"]

    def receive(self, seconds):
        """The next message, or None when there is none in time; an event is kept."""
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            self._buffer += os.read(self._read, 1 << 20)
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, url, *, dark=False, width=1280, height=1000):
        """A page that is at a URL, or on its way there."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.call("Page.navigate", url=url)
        return page


class Page:
    """A page of a browser."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    def call(self, method, **params):
        """Send a command of this page; gives its result."""
        return self._browser.call(method, session=self._session, **params)

    def evaluate(self, script):
        """The value of an expression of JavaScript in the page; awaited where it is a promise."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_for(self, script, seconds=30):
        """The value of an expression once it is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # Between two pages there is no document.
            value = self.evaluate(f"document.body !== null && ({script})")
            if value:
                return value
            self._browser.receive(0.1)
        pytest.fail(
            f"{script} did not come true in {seconds} s; the page says {self.complaints}: "
            f"{self.evaluate('document.documentElement.innerText')[:2000]}"
        )

    def _events(self, method):
        return [
            each["params"]
            for each in self._browser.events
            if each["method"] == method and each.get("sessionId") == self._session
        ]

    @property
    def requests(self):
        """The URLs that were asked for, but data and blob URLs."""
        urls = [each["request"]["url"] for each in self._events("Network.requestWillBeSent")]
        return [each for each in urls if not each.startswith(("data:", "blob:"))]

    @property
    def complaints(self):
        """What the console says of failures."""
        errors = [
            each["args"][0].get("value", each["args"][0].get("description"))
            for each in self._events("Runtime.consoleAPICalled")
            if each["type"] in ("error", "assert")
        ]
        errors += [
            each["exceptionDetails"].get("exception", {}).get("description")
            or each["exceptionDetails"]["text"]
            for each in self._events("Runtime.exceptionThrown")
        ]
        logged = [each["entry"] for each in self._events("Log.entryAdded")]
        return errors + [
            f"{each['text']} {each.get('url', '')}" for each in logged if each["level"] == "error"
        ]

    def screenshot(self, path):
        """Write what is seen to a file."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))
