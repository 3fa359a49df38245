"""Reload: the development server over real changes."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess

import pytest

from responder_core.serving.failed_app import FailedApp

APP = """\
import responder_core

api = responder_core.API()


@api.get("/")
async def home(req, resp):
    resp.text = "one"


@api.get("/page")
async def page(req, resp):
    resp.html = "<html><body>one</body></html>"


@api.get("/fails")
async def fails(req, resp):
    raise LookupError("no tea")
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "app.py"
    file.write_text(APP)
    return file


@pytest.fixture
def dev(start, file):
    """Serve the file, and wait until it is watched."""

    def run(*arguments):
        program = start("-m", "responder_core", "dev", "--port", "0", *arguments)
        program.wait_for("Application startup complete")
        return program

    return run


def save(program, file, text):
    """Change a file, and wait until what it says is served."""
    begun = program.output.count("Application startup complete")
    # As editors do it: a new file in its place.
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)
    program.wait_for("Application startup complete", times=begun + 1)


def test_what_is_saved_is_served_and_nobody_is_refused(dev, file):
    program = dev()
    assert program.get() == (200, "one")

    for word in ("two", "six", "ten"):
        save(program, file, APP.replace("one", word))
        assert program.get() == (200, word)
    assert program.stop() == 0


def test_a_syntax_error_is_shown_until_it_is_mended(dev, file):
    program = dev()
    save(program, file, APP.replace("async def home", "async def home(("))

    status, text = program.get("/anything")
    assert (status, "SyntaxError: " in text, "app.py" in text) == (500, True, True)
    status, text = program.get("/", Accept="text/html")
    assert status == 500
    assert "SyntaxError" in text
    assert "async def home((" in text  # Its source.
    assert "/.responder/refresh.js" in text
    assert "SyntaxError" in program.output
    assert "importlib" not in program.output

    save(program, file, APP.replace("one", "two"))
    assert program.get() == (200, "two")
    assert program.stop() == 0


def test_a_program_that_fails_from_the_first_is_waited_for(start, file):
    file.write_text("import no_such_module_anywhere")
    program = start("-m", "responder_core", "dev", "--port", "0")
    program.wait_for("Application startup complete")
    assert "no_such_module_anywhere" in program.get()[1]

    save(program, file, APP)
    assert program.get() == (200, "one")
    assert program.stop() == 0


def test_a_lifespan_that_fails_is_told(dev, file):
    program = dev()
    text = APP + "\n@api.on_event('startup')\nasync def fail():\n    raise LookupError('no tea')\n"
    save(program, file, text)

    status, text = program.get()
    assert (status, "the app did not start" in text) == (500, True)
    assert "LookupError: no tea" in program.output
    assert program.stop() == 0


@pytest.mark.parametrize("text", ["import os; os._exit(7)", "import sys; sys.exit(7)"])
def test_a_program_that_leaves_is_shown_and_waited_for(dev, file, text):
    program = dev()
    save(program, file, text)

    status, said = program.get()
    assert (status, "7" in said) == (500, True)

    save(program, file, APP)
    assert program.get() == (200, "one")
    assert program.stop() == 0


@pytest.mark.parametrize(
    ("line", "options", "code"),
    [
        pytest.param("asyncio.get_running_loop().call_soon(sys.exit, 7)", "", 7, id="exit"),
        pytest.param("...", "limit_max_requests=1", 0, id="limit"),
    ],
)
def test_a_server_that_ends_is_told(start, file, line, options, code):
    leave = f"import asyncio, sys\n@api.get('/leave')\nasync def leave(req, resp):\n    {line}\n"
    file.write_text(f"{APP}\n{leave}api.run(port=0, reload=True, {options})\n")
    program = start("app.py")
    program.wait_for("Application startup complete")
    with contextlib.suppress(OSError, http.client.HTTPException):
        program.get("/leave")

    program.wait_for(f"The program ended with {code}: waiting for a change")
    program.wait_for("Application startup complete", times=2)
    assert f"the program ended with {code}" in program.get()[1]
    assert program.stop() == 0


def test_a_socket_of_a_program_that_failed_is_refused(talk):
    app = FailedApp(LookupError("no tea"))

    sent = talk(app, {"type": "websocket"}, {"type": "websocket.connect"})
    assert sent == [{"type": "websocket.close", "code": 1011}]


def test_its_documentation_is_introduced_too(dev, file):
    file.write_text(APP + "\napi.add_route('/docs', home, name='docs')\n")
    program = dev()

    assert program.wait_for(r"Documentation: (\S+)")[1] == f"{program.url}/docs"
    assert program.stop() == 0


def test_it_is_in_debug_and_introduces_the_app(dev):
    program = dev()

    status, text = program.get("/fails", Accept="text/html")
    assert (status, "LookupError: no tea" in text) == (500, True)
    assert re.search(r"GET,HEAD +/fails +fails +app\.fails", program.output)
    assert program.stop() == 0


def test_pages_refresh_themselves(dev, file):
    program = dev()
    status, text = program.get("/page")
    script = re.search(r'<script src="([^"]+)" data-process="[^"]+"></script>', text)

    assert status == 200
    assert "EventSource" in program.get(script[1])[1]
    assert program.stop() == 0


def test_a_template_counts_and_data_does_not(dev, file, tmp_path):
    program = dev()
    (tmp_path / "data.json").write_text("{}")
    save(program, tmp_path / "page.html", "<p>")

    assert "page.html changed" in program.output
    assert "data.json" not in program.output
    assert program.stop() == 0


def test_the_project_and_its_target_are_read(start, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "shop.py").write_text(APP)
    (tmp_path / "pyproject.toml").write_text('[tool.responder]\napp = "sub/shop.py"\n')
    program = start("-m", "responder_core", "dev", "--port", "0")
    program.wait_for("Application startup complete")

    assert program.get() == (200, "one")
    save(program, tmp_path / "sub" / "shop.py", APP.replace("one", "two"))
    assert program.get() == (200, "two")
    assert program.stop() == 0


def test_run_reloads_where_it_is_told_to(start, file):
    file.write_text(APP + "\napi.run(port=0, reload=True)\n")
    program = start("app.py")
    program.wait_for("Application startup complete")
    save(program, file, file.read_text().replace("one", "two"))

    assert program.get() == (200, "two")
    assert program.stop() == 0


PAGE = """\
import responder_core

api = responder_core.API(security_headers={headers})


@api.get("/page")
async def page(req, resp):
    {view}
    resp.html = "<html><body><img src='/seen/one'></body></html>"


@api.get("/seen/{word}")
async def seen(req, resp, *, word):
    print("seen", word, req.headers.get("sec-fetch-site"), flush=True)
"""


@pytest.fixture
def browse(tmp_path):
    """Open a page in Chromium, without a screen; what it shows once it is asked for."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("Chromium is not installed, and REQUIRE_CHROMIUM is set")
        pytest.skip("needs Chromium: Debian's package chromium")
    opened = []

    def run(url, *options):
        command = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--disable-sync",
            f"--user-data-dir={tmp_path / f'.profile{len(opened)}'}",
            *options,
            url,
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        opened.append(process)
        return process

    yield run
    for process in opened:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def write_page(word="one", *, view="pass", headers=False):
    text = PAGE.replace("{view}", view).replace("{headers}", str(headers))
    return text.replace("/seen/one", f"/seen/{word}")


@pytest.mark.browser
@pytest.mark.parametrize("headers", [False, True], ids=["plain", "with-a-policy"])
def test_a_browser_shows_what_was_saved(dev, file, browse, headers):
    file.write_text(write_page(headers=headers))
    program = dev()
    browse(program.url + "/page", "--remote-debugging-port=0")
    program.wait_for("seen one same-origin")

    save(program, file, write_page("two", headers=headers))
    program.wait_for("seen two same-origin")
    assert program.stop() == 0


@pytest.mark.browser
def test_a_browser_leaves_the_page_of_a_failure_once_it_is_mended(dev, file, browse):
    file.write_text(write_page())
    program = dev()
    browse(program.url + "/page", "--remote-debugging-port=0")
    program.wait_for("seen one same-origin")

    save(program, file, write_page(view="((("))
    program.wait_for('"GET /page HTTP/1.1" 500')
    save(program, file, write_page("mended"))
    program.wait_for("seen mended same-origin")
    assert program.stop() == 0


PROCESSES = """\
import responder_core
from responder_core.drain import Drain
from responder_core.serving.refresh import Refresh

api = responder_core.API()
loads = []


@api.get("/page")
async def page(req, resp):
    loads.append(req)
    resp.html = '''<html><body><script>
    {script}
    const listen = (times) => {{
        const events = new EventSource("/.responder/refresh");
        events.onmessage = () => {{
            events.close();
            if (times) listen(times - 1); else fetch("/stays/NUMBER");
        }};
    }};
    onload = () => listen(5);
    </script></body></html>'''.replace("NUMBER", str(len(loads)))


@api.get("/stays/{{number}}")
async def stays(req, resp, *, number):
    print("load", number, "of", len(loads), "stays", flush=True)


pages = [Refresh(api, Drain(), name) for name in {names}]
last = Refresh(api, Drain(), "last")


async def app(scope, receive, send):
    is_page = scope["type"] == "http" and scope["path"] == "/page"
    await (pages.pop(0) if is_page and pages else last)(scope, receive, send)
"""


NO_STORAGE = """\
Object.defineProperty(window, "sessionStorage", {get() { throw new Error("blocked"); }});"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("names", "script", "loads"),
    [
        pytest.param(["last"], "", 1, id="of-the-same-process"),
        pytest.param(["first"], "", 2, id="of-the-process-before"),
        pytest.param(["first"] * 9, "", 2, id="of-a-cache"),
        pytest.param(["first"] * 9, NO_STORAGE, 1, id="of-a-cache-without-storage"),
    ],
)
def test_a_browser_loads_a_page_of_another_process_anew_once(
    start, file, browse, names, script, loads
):
    file.write_text(PROCESSES.format(names=names, script=script))
    program = start("-m", "uvicorn", "app:app", "--port", "0")
    browse(program.url + "/page", "--remote-debugging-port=0")

    program.wait_for(f"load {loads} of {loads} stays")


@pytest.mark.browser
def test_a_browser_renders_the_debug_page(start, file, browse):
    file.write_text(write_page(view="raise LookupError('no <tea> left')"))
    # A page that listens to a stream is never done, so this is not the development server.
    program = start("-m", "responder_core", "run", "--debug", "--port", "0")
    shown, _ = browse(program.url + "/page", "--dump-dom").communicate(timeout=60)

    assert "LookupError: no &lt;tea&gt; left" in shown
    assert "raise LookupError(" in shown  # Its source.
