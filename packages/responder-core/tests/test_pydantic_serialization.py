"""Serialization by pydantic: what is wrong is never sent, whatever warnings a program hears of."""

import warnings

import pytest

from responder_core import API

pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")


class Tea(pydantic.BaseModel):
    name: str
    grams: int = 50


class Loud(pydantic.BaseModel):
    """A model that warns of something of its own when it is written."""

    name: str

    @pydantic.field_serializer("name")
    def shout(self, name):
        warnings.warn("loud models are old", UserWarning, stacklevel=2)
        return name.upper()


def api_with(model):
    """An app that answers a model, with a count of grams that a client may break."""
    api = API()

    async def view(req, resp, *, grams):
        found = model(name="green")
        if grams != "good":
            found.grams = grams
        return found

    view.__annotations__["return"] = model
    api.add_route("/{grams}", view)
    return api


def leave_alone():
    """Change nothing."""


def ignore_all():
    """As ``-W ignore``."""
    warnings.simplefilter("ignore")


def ignore_these():
    """As somebody who has seen too many of them."""
    warnings.filterwarnings("ignore", "Pydantic serializer warnings")


def forget_all():
    """No filter is left."""
    warnings.resetwarnings()


class TestWrongFields:
    @pytest.mark.parametrize("change", [leave_alone, ignore_all, ignore_these, forget_all])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_they_are_a_500_whatever_the_filters_of_warnings(
        self, client_factory, caplog, change, when
    ):
        with warnings.catch_warnings():
            if when == "before":
                change()
            client = client_factory(api_with(Tea))
            good = client.get("/good")
            if when == "after":
                change()
            wrong = [client.get("/many") for _ in range(2)]

        assert good.json() == {"name": "green", "grams": 50}
        assert [each.status_code for each in wrong] == [500, 500]
        assert "many" not in "".join(each.text for each in wrong)
        assert len(caplog.records) == 2
        assert "Expected `int`" in str(caplog.records[0].exc_info[1])

    def test_they_are_good_again_when_the_filters_are(self, client_factory):
        client = client_factory(api_with(Tea))
        answers = [client.get("/good")]
        with warnings.catch_warnings():
            warnings.resetwarnings()
            answers.append(client.get("/good"))
        answers.append(client.get("/good"))

        assert [each.json() for each in answers] == [{"name": "green", "grams": 50}] * 3


class TestWarningsOfOthers:
    def test_what_the_program_writes_by_itself_warns_as_ever(self, client_factory):
        assert client_factory(api_with(Tea)).get("/good").status_code == 200
        tea = Tea(name="green")
        tea.grams = "many"

        with pytest.warns(UserWarning, match="Pydantic serializer warnings"):
            assert tea.model_dump_json() == '{"name":"green","grams":"many"}'

    def test_a_warning_of_the_models_own_is_no_error(self, client_factory):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = client_factory(api_with(Loud)).get("/good")

        assert (answer.status_code, answer.json()) == (200, {"name": "GREEN"})
