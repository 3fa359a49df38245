"""Templates: text and pages made by Jinja2, escaped unless they are plain text."""

from __future__ import annotations

import os
import sys
import threading
import traceback

import anyio
import anyio.lowlevel
import pytest

from responder_core import API
from responder_core.templates import Templates, escapes

try:
    import jinja2
except ModuleNotFoundError:
    jinja2 = None

needs_jinja = pytest.mark.skipif(jinja2 is None, reason="Jinja2 is not installed")

EVIL = "<script>&\"'"
ESCAPED = "&lt;script&gt;&amp;&#34;&#39;"


@pytest.fixture
def folder(tmp_path):
    """A directory of templates, and a file beside it."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (tmp_path / "secret.html").write_text("secret")
    (templates / "hello.html").write_text("Hello, {{ name }}!")
    (templates / "mail.txt").write_text("Hello, {{ name }}!")
    (templates / "broken.html").write_text("fine\n{% if %}\n")
    (templates / "failing.html").write_text("fine\n\n{{ 1 // zero }}\n")
    (templates / "base.html").write_text("<main>{% block main %}{% endblock %}</main>")
    (templates / "page.html").write_text(
        '{% extends "base.html" %}{% block main %}{{ title }}{% endblock %}'
    )
    return templates


@pytest.fixture
def templates(folder):
    """The templates of the directory."""
    return Templates(folder)


class TestEscaping:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            *((name, True) for name in ("a.html", "a.htm", "a.xml", "a.xhtml", "a.svg", "A.HTML")),
            *((name, True) for name in ("a.html.jinja", "a.html.j2", "a.xml.jinja2")),
            *((name, True) for name in ("a", "a.tpl", "a.jinja", "a.j2", "txt", "x.txt/a", "")),
            (None, True),
            *((name, False) for name in ("a.txt", "A.TXT", "b/a.csv", "a.md", "a.json", "a.css")),
            *((name, False) for name in ("a.txt.j2", "a.json.jinja", "a.yaml.jinja2")),
        ],
        ids=repr,
    )
    def test_all_is_escaped_that_is_no_plain_text(self, name, expected):
        assert escapes(name) is expected

    @needs_jinja
    @pytest.mark.parametrize(
        ("name", "autoescape", "expected"),
        [
            ("hello.html", True, ESCAPED),
            ("mail.txt", True, EVIL),
            ("hello.html", False, EVIL),
            ("mail.txt", False, EVIL),
        ],
    )
    def test_what_is_inserted_is_escaped(self, folder, name, autoescape, expected):
        templates = Templates(folder, autoescape=autoescape)

        assert templates.render(name, name=EVIL) == f"Hello, {expected}!"

    @needs_jinja
    @pytest.mark.parametrize(("autoescape", "expected"), [(True, ESCAPED), (False, EVIL)])
    def test_strings_are_escaped_as_pages(self, folder, autoescape, expected):
        templates = Templates(folder, autoescape)

        assert templates.render_string("{{ x }}", x=EVIL) == expected


@needs_jinja
class TestRendering:
    def test_a_template_is_rendered_with_its_context(self, templates):
        assert templates.render("hello.html", name="Ada") == "Hello, Ada!"

    def test_templates_find_each_other(self, templates):
        assert templates.render("page.html", title="Tea") == "<main>Tea</main>"

    @pytest.mark.parametrize(
        ("args", "context", "expected"),
        [
            pytest.param((), {}, "Hello, !", id="nothing"),
            pytest.param(({"name": "a"},), {}, "Hello, a!", id="mapping"),
            pytest.param(({"name": "a"}, {"name": "b"}), {}, "Hello, b!", id="last-mapping"),
            pytest.param(({"name": "a"},), {"name": "c"}, "Hello, c!", id="named-before-mapping"),
            pytest.param((), {"source": "x", "name": "c"}, "Hello, c!", id="any-name"),
        ],
    )
    def test_context_comes_from_mappings_and_names(self, templates, args, context, expected):
        assert templates.render("hello.html", *args, **context) == expected
        source = "Hello, {{ name }}!"
        assert templates.render_string(source, *args, **context) == expected

    def test_a_mapping_that_is_given_is_not_changed(self, templates):
        given = {"name": "a"}

        templates.render("hello.html", given, name="b")

        assert given == {"name": "a"}

    def test_a_template_can_be_had_compiled(self, templates):
        assert templates.get_template("hello.html").render(name="Ada") == "Hello, Ada!"

    @pytest.mark.parametrize("enable_async", [False, True])
    def test_async_works_beside_sync(self, folder, backend, enable_async):
        """Neither changes the other: there is an environment for each."""
        (folder / "wait.html").write_text("{{ get() }}")
        templates = Templates(folder, enable_async=enable_async)

        async def get():
            await anyio.lowlevel.checkpoint()
            return "awaited"

        async def main():
            awaited = await templates.render_async("wait.html", {"x": 1}, get=get)
            return awaited, templates.render("hello.html", name="Ada")

        assert anyio.run(main, backend=backend) == ("awaited", "Hello, Ada!")
        assert templates.get_template("hello.html").environment.is_async is enable_async

    def test_a_string_is_compiled_once(self, templates, monkeypatch):
        compiled = []
        original = jinja2.Environment.from_string

        def count(self, source, *args, **kwargs):
            compiled.append(source)
            return original(self, source, *args, **kwargs)

        monkeypatch.setattr(jinja2.Environment, "from_string", count)

        for name in ("Ada", "Grace"):
            assert templates.render_string("Hi {{ name }}", name=name) == f"Hi {name}"

        assert compiled == ["Hi {{ name }}"]

    def test_what_is_kept_of_strings_is_bounded(self, templates):
        for number in range(300):
            templates.render_string(f"{number}")
        templates.render_string("x" * 100_000)

        info = templates._compile.cache_info()
        assert info.currsize == info.maxsize == 128
        assert info.misses == 300

    @pytest.mark.parametrize("auto_reload", [True, False])
    def test_a_file_that_was_changed_is_read_anew_when_asked(self, folder, auto_reload):
        templates = Templates(folder, auto_reload=auto_reload)
        assert templates.render("hello.html", name="Ada") == "Hello, Ada!"

        file = folder / "hello.html"
        file.write_text("Bye, {{ name }}!")
        os.utime(file, (0, 0))

        expected = "Bye, Ada!" if auto_reload else "Hello, Ada!"
        assert templates.render("hello.html", name="Ada") == expected

    def test_it_is_the_directory_of_that_time(self, folder, monkeypatch):
        """A program that changes its working directory later finds its templates all the same."""
        monkeypatch.chdir(folder.parent)
        templates = Templates()
        templates.render("hello.html")

        monkeypatch.chdir("/")

        assert templates.render("mail.txt", name="Ada") == "Hello, Ada!"

    def test_many_threads_make_one_pair_of_environments(self, folder, monkeypatch):
        made = []
        original = Templates._make_environments
        gate = threading.Barrier(8)

        def count(self):
            made.append(self)
            return original(self)

        monkeypatch.setattr(Templates, "_make_environments", count)
        templates = Templates(folder)
        rendered = []

        def render():
            gate.wait()
            rendered.append(templates.render("hello.html", name="Ada"))

        threads = [threading.Thread(target=render) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert rendered == ["Hello, Ada!"] * 8
        assert len(made) == 1


@needs_jinja
class TestContext:
    def test_every_template_knows_it(self, folder, backend):
        templates = Templates(folder, context={"name": "Ada"})

        async def main():
            return await templates.render_async("hello.html")

        assert templates.render("hello.html") == "Hello, Ada!"
        assert templates.render_string("{{ name }}") == "Ada"
        assert anyio.run(main, backend=backend) == "Hello, Ada!"

    def test_what_is_given_for_one_rendering_comes_first(self, folder):
        templates = Templates(folder, context={"name": "Ada"})

        assert templates.render("hello.html", name="Grace") == "Hello, Grace!"

    @pytest.mark.parametrize("compiled", [False, True], ids=["new", "compiled-before"])
    def test_it_can_be_added_to(self, templates, backend, compiled):
        if compiled:
            templates.render("hello.html")

        templates.context["name"] = "Ada"

        async def main():
            return await templates.render_async("hello.html")

        assert templates.render("hello.html") == "Hello, Ada!"
        assert anyio.run(main, backend=backend) == "Hello, Ada!"

    def test_setting_it_keeps_what_is_there(self, folder):
        """Jinja2's own functions among it."""
        templates = Templates(folder, context={"name": "Ada"})

        templates.context = {"title": "Tea"}

        source = "{{ name }} {{ title }} {{ range(2)|list }}"
        assert templates.render_string(source) == "Ada Tea [0, 1]"

    def test_what_it_was_at_first_is_told(self, folder):
        given = {"name": "Ada"}
        templates = Templates(folder, context=given)

        given["name"] = "Grace"
        templates.context["title"] = "Tea"

        assert templates.default_context == {"name": "Ada"}
        assert Templates(folder).default_context == {}


class TestDirectory:
    def test_it_is_told(self, folder):
        templates = Templates(str(folder))

        assert (templates.directory, templates.autoescape) == (folder, True)
        assert repr(templates) == f"<Templates {str(folder)!r}>"

    @needs_jinja
    @pytest.mark.parametrize(
        "name",
        [
            "../secret.html",
            "..%2fsecret.html",
            "./../secret.html",
            "x/../../secret.html",
            "..\\secret.html",
            "/../secret.html",
            "//secret.html",
            "{outside}",
            "file://{outside}",
            "hello.html\0",
            "\0",
            "x" * 5000,
            "",
            ".",
            "..",
        ],
        ids=lambda name: name[:30].encode("unicode_escape").decode(),
    )
    def test_nothing_is_found_outside(self, folder, templates, name):
        name = name.replace("{outside}", str(folder.parent / "secret.html"))

        with pytest.raises(jinja2.TemplateNotFound):
            templates.render(name)

    @needs_jinja
    @pytest.mark.parametrize("directive", ["include", "extends", "import"])
    def test_no_template_reaches_outside(self, folder, templates, directive):
        behind = " as x" if directive == "import" else ""
        (folder / "evil.html").write_text(f'{{% {directive} "../secret.html"{behind} %}}')

        with pytest.raises(jinja2.TemplateNotFound):
            templates.render("evil.html")

    @needs_jinja
    def test_it_is_not_created(self, tmp_path):
        templates = Templates(tmp_path / "nowhere")

        with pytest.raises(jinja2.TemplateNotFound, match=r"'a\.html' not found in search path"):
            templates.render("a.html")

        assert not (tmp_path / "nowhere").exists()
        assert templates.render_string("{{ 1 }}") == "1"


@needs_jinja
class TestFailures:
    @pytest.mark.parametrize(
        ("name", "line"),
        [("failing.html", 3), ("broken.html", 2)],
        ids=["at-run-time", "syntax"],
    )
    def test_a_failure_names_the_line_of_the_template(
        self, client_factory, caplog, folder, name, line
    ):
        api = API(templates_dir=folder)
        api.add_route("/", lambda req, resp: api.template(name, zero=0))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert str(folder) not in answer.text
        (record,) = caplog.records
        text = "".join(traceback.format_exception(*record.exc_info))
        assert f'{name}", line {line}' in text

    def test_the_line_of_a_string_is_named(self, templates):
        with pytest.raises(ZeroDivisionError) as caught:
            templates.render_string("fine\n{{ 1 // 0 }}")

        last = traceback.extract_tb(caught.value.__traceback__)[-1]
        assert (last.filename, last.lineno) == ("<template>", 2)

    def test_a_missing_template_is_a_500_that_says_nothing(self, client_factory, caplog, folder):
        api = API(templates_dir=folder)
        api.add_route("/", lambda req, resp: api.template("nowhere.html"))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "nowhere.html" not in answer.text
        assert "nowhere.html" in str(caplog.records[0].exc_info[1])


class TestWithoutJinja:
    @pytest.fixture(autouse=True)
    def no_jinja(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)

    def test_a_sentence_tells_the_command(self, folder):
        templates = Templates(folder)

        with pytest.raises(RuntimeError, match=r"pip install 'responder-core\[templates\]'"):
            templates.render("hello.html")

    def test_an_app_that_renders_nothing_does_not_need_it(self, client_factory):
        api = API()
        assert api.templates.default_context["api"] is api
        api.add_route("/", lambda req, resp: "fine")

        assert client_factory(api).get("/").text == "fine"


class TestOfAnAPI:
    def test_its_directory_and_escaping_are_those_of_the_settings(self, folder):
        api = API(templates_dir=folder, auto_escape=False)

        assert (api.templates.directory, api.templates.autoescape) == (folder, False)
        assert api.templates is api.templates

    @needs_jinja
    def test_it_renders(self, folder):
        api = API(templates_dir=folder)

        assert api.template("hello.html", name=EVIL) == f"Hello, {ESCAPED}!"
        assert api.template("mail.txt", {"name": "Ada"}) == "Hello, Ada!"
        assert api.template_string("{{ filename }}", filename="x") == "x"
        assert api.template("hello.html", filename="x", name="y") == "Hello, y!"

    @needs_jinja
    def test_templates_know_the_api_and_the_way_to_its_views(self, folder):
        api = API(templates_dir=folder)
        api.add_route("/users/{id:int}", lambda req, resp, *, id: None, name="user")

        assert api.template_string("{{ url_for('user', id=7) }}") == "/users/7"
        assert api.template_string("{{ api.settings.auto_escape }}") == "True"

    @needs_jinja
    def test_a_view_below_a_prefix_makes_paths_below_it(self, ask, http_scope, folder):
        api = API(templates_dir=folder)

        @api.route("/here", name="here", sync_to_thread=True)
        def here(req, resp):
            resp.text = api.template_string("{{ url_for('here') }}")

        scope = http_scope(path="/app/here", root_path="/app")

        assert ask(api, scope).body == b"/app/here"

    @needs_jinja
    @pytest.mark.parametrize("debug", [False, True])
    def test_changed_files_are_read_anew_in_debug(self, folder, debug):
        api = API(templates_dir=folder, debug=debug)

        assert api.templates.get_template("hello.html").environment.auto_reload is debug

    @needs_jinja
    def test_a_response_is_rendered(self, client_factory, folder):
        api = API(templates_dir=folder)
        api.add_route("/", lambda req, resp: resp.render("hello.html", name=EVIL))

        answer = client_factory(api).get("/")

        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text == f"Hello, {ESCAPED}!"

    @needs_jinja
    def test_what_a_template_calls_may_be_awaited(self, client_factory, folder):
        api = API(templates_dir=folder)

        async def greeted():
            await anyio.lowlevel.checkpoint()
            return EVIL

        @api.get("/")
        async def view(req, resp):
            (folder / "awaits.html").write_text("Hello, {{ name() }} at {{ req.url.path }}!")
            await resp.render_async("awaits.html", name=greeted)

        answer = client_factory(api).get("/")

        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text == f"Hello, {ESCAPED} at /!"
