"""The target: how an app is named, and where it is looked for."""

import re
import sys

import pytest

from responder_core import API
from responder_core.serving.target import InvalidTargetError, Target

APP = """
import responder_core
api = responder_core.API()
api.state.name = "{name}"
"""


@pytest.fixture(autouse=True)
def forget(tmp_path, monkeypatch):
    """Each test has modules and a sys.path of its own."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield
    for name in set(sys.modules) - known:
        # Ours stay: a second copy would not be what others patch.
        if not name.startswith("responder"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    def run(path, text=None, name="tea"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(APP.format(name=name) if text is None else text)

    return run


def load(text):
    return Target.parse(text).load()


class TestNames:
    @pytest.mark.parametrize(
        ("file", "target"),
        [
            pytest.param("one_app.py", "one_app:api", id="module-and-attribute"),
            pytest.param("one_app.py", "one_app", id="module"),
            pytest.param("one_app.py", "one_app.py", id="file"),
            pytest.param("one_app.py", "one_app.py:api", id="file-and-attribute"),
            pytest.param("one_app.py", "./one_app.py", id="relative-file"),
            pytest.param("sub/one_app.py", "sub/one_app.py", id="file-in-a-folder"),
        ],
    )
    def test_each_way_to_name_an_app(self, write, file, target):
        write(file)

        assert load(target).state.name == "tea"

    @pytest.mark.parametrize("target", ["shop_one.main:api", "shop_one.main", "shop_one/main.py"])
    def test_an_app_in_a_package(self, write, target):
        write("shop_one/__init__.py", "")
        write("shop_one/names.py", "NAME = 'from a sibling'")
        write("shop_one/main.py", APP.format(name="x") + "from shop_one.names import NAME\n")

        load(target)
        assert sys.modules["shop_one.main"].NAME == "from a sibling"

    def test_the_file_of_a_package(self, write):
        write("tea_shop/__init__.py")

        assert str(Target.parse("tea_shop/__init__.py")) == "tea_shop"
        assert load("tea_shop/__init__.py:api").state.name == "tea"

    def test_an_attribute_of_an_attribute(self, write):
        write("deep_app.py", APP.format(name="tea") + "class box: inner = api\n")

        assert load("deep_app:box.inner").state.name == "tea"

    @pytest.mark.parametrize("name", ["create_api", "make_app"])
    def test_a_factory_that_is_not_named(self, write, name):
        text = f"import responder_core\ndef {name}(): return responder_core.API(debug=True)"
        write("made_app.py", text)

        assert load("made_app").debug

    @pytest.mark.parametrize("target", ["own_app:build", "own_app:build()"])
    def test_a_factory_that_is_named(self, write, target):
        write("own_app.py", "import responder_core\ndef build(): return responder_core.API()")

        assert isinstance(load(target), API)

    def test_the_only_api_of_a_module_may_have_any_name(self, write):
        write("odd_app.py", "import responder_core\nservice = responder_core.API(debug=True)")

        assert load("odd_app").debug

    def test_any_asgi_app_will_do(self, write):
        write("raw_app.py", "async def app(scope, receive, send): ...")

        assert load("raw_app").__name__ == "app"

    def test_its_run_starts_nothing(self, write):
        write("run_app.py", APP.format(name="tea") + "api.run()\n")

        assert load("run_app").state.name == "tea"


class TestFind:
    @pytest.mark.parametrize("file", ["app.py", "api.py", "main.py", "asgi.py"])
    def test_the_usual_files(self, tmp_path, write, file):
        write(file)

        assert Target.find() == Target(
            file[:-3], None, str(tmp_path.resolve()), str(tmp_path.resolve() / file)
        )

    def test_the_first_of_them_counts(self, write):
        write("main.py")
        write("app.py")

        assert Target.find().module == "app"

    def test_there_is_none(self, tmp_path):
        message = f"no app in {tmp_path}: looked for app.py, api.py, main.py, asgi.py"
        with pytest.raises(InvalidTargetError, match=re.escape(message)):
            Target.find()


class TestBadInput:
    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("shopp_app", "no module 'shopp_app' in {folder} or among what is installed"),
            ("shopp_app", "; did you mean 'shop_app'?"),
            ("shop_app.more:api", "there is no module 'shop_app.more'"),
            ("shop_ap.py", "there is no file 'shop_ap.py' in {folder}; did you mean"),
            ("shop_app:apii", "there is no 'apii' in"),
            ("shop_app:number", "is 3, neither an ASGI app nor a function without arguments"),
            ("shop_app:bad", "the factory made 3, which is no ASGI app"),
            ("empty_app", "it has no app. Say which, as in empty_app:api"),
            ("two_apps", "it has 2 apps. Say which"),
            ("not a name", "'not a name' names no app; write module:attribute"),
            ("sub/app", "there is no file 'app' in {folder}/sub"),
            ("C:\\shop\\app.py:api", r"there is no file 'C:\\shop\\app.py' in {folder}"),
        ],
    )  # fmt: skip
    def test_what_was_looked_for_and_where(self, tmp_path, write, target, message):
        write("shop_app.py", APP.format(name="tea") + "number = 3\ndef bad(): return 3\n")
        write("empty_app.py", "")
        write("two_apps.py", "from responder_core import API\none, two = API(), API()")

        with pytest.raises(InvalidTargetError, match=re.escape(message.format(folder=tmp_path))):
            load(target)

    def test_a_folder_that_is_gone_has_no_modules(self, tmp_path):
        target = Target("no_such_app", None, str(tmp_path / "gone"))

        with pytest.raises(InvalidTargetError, match="no module 'no_such_app' in"):
            target.load()

    def test_what_the_module_itself_lacks_is_its_own_failure(self, write):
        write("lacking_app.py", "import no_such_module_anywhere")

        with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
            load("lacking_app")

    def test_a_file_that_hides_behind_another_module(self, write):
        write("json.py")

        with pytest.raises(InvalidTargetError, match=r"json\.py hides behind .*rename it"):
            load("json.py")


class TestOf:
    def test_an_app_is_found_by_its_variable(self, write):
        write("held_app.py")
        app = load("held_app")

        assert Target.of(app) == Target("held_app", "api")
        assert Target.of(app).load() is app

    def test_one_that_is_in_no_module_is_not(self):
        with pytest.raises(InvalidTargetError, match="it must be a variable of a module"):
            Target.of(API())
