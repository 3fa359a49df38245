"""A tea house: a JSON API with every kind of thing that its documentation tells.

    python examples/teahouse.py

Its page is at http://127.0.0.1:5042/docs, its OpenAPI document at /schema.yml.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic

import responder
from responder import (
    SSE,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Path,
    Query,
    Request,
    Response,
    Router,
    UploadFile,
    abort,
)

api = responder.API(
    title="Tea house",
    version="1.0.0",
    description="Teas, what people say of them, and orders.\n\nTry it: the token is `secret`.",
    contact={"name": "The keepers of the house", "url": "https://example.org/tea"},
    license={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    openapi_tags={
        "teas": "What there is to drink.",
        "reviews": "What people say.",
        "orders": "Who drinks what.",
        "house": "The house itself.",
    },
    docs_route="/docs",
    request_timeout=20,
    request_id=True,
    strict_accept=True,
)


# --- Who asks --------------------------------------------------------------------------------


async def keeper(req: Request) -> str:
    """The keeper whose token was sent."""
    if req.headers.get("authorization") != "Bearer secret":
        abort(401, detail="Send the token.", headers={"WWW-Authenticate": "Bearer"})
    return "Ada"


api.add_security_scheme("token", {"type": "http", "scheme": "bearer"}, guard=keeper)


# --- Teas: msgspec ---------------------------------------------------------------------------


class Kind(enum.Enum):
    """How a tea was made."""

    GREEN = "green"
    BLACK = "black"
    OOLONG = "oolong"


class Origin(msgspec.Struct, forbid_unknown_fields=True):
    """Where a tea grew."""

    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", examples=["JP"])]
    altitude: Annotated[int, msgspec.Meta(ge=0, le=8848, description="Metres.")] | None = None


class NewTea(msgspec.Struct, forbid_unknown_fields=True):
    """A tea that comes into the house."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    kind: Kind = Kind.GREEN
    origin: Origin | None = None
    notes: list[str] = []


class Tea(msgspec.Struct):
    """A tea of the house."""

    id: int
    name: str
    kind: Kind
    origin: Origin | None
    notes: list[str]
    added: dt.datetime


class Filters(msgspec.Struct):
    """Which teas are asked for."""

    kind: Kind | None = None
    page: Annotated[int, msgspec.Meta(ge=1, le=1000, description="The page, from 1.")] = 1


class NoSuchTea(msgspec.Struct):
    """There is no such tea."""

    title: str
    status: Literal[404]


TEAS: dict[int, Tea] = {}
OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def find_tea(tea_id: int) -> Tea:
    """The tea of a number, or 404."""
    tea = TEAS.get(tea_id)
    if tea is None:
        abort(404, detail="There is no such tea.")
    return tea


teas = Router("/teas", tags=["teas"])


@teas.get("")
async def list_teas(
    req: Request,
    resp: Response,
    *,
    filters: Filters = Query(),
    near: list[str] = Query([], description="Names that are near.", max_length=5),
    x_currency: Literal["EUR", "JPY"] = Header("EUR", description="What prices are told in."),
    theme: str = Cookie("light", description="How the pages look."),
) -> list[Tea]:
    """List the teas.

    Ten on a page, the *newest* first.
    """
    found = [each for each in TEAS.values() if filters.kind in (None, each.kind)]
    return found[::-1][(filters.page - 1) * 10 : filters.page * 10]


@teas.post("", status_code=201, auth=keeper, examples={"sencha": {"name": "Sencha"}})
async def add_tea(req: Request, resp: Response, *, tea: NewTea) -> Tea:
    """Add a tea.

    It gets the next number.
    ---
    responses:
      201:
        description: The tea as it stands in the house now.
    """
    made = Tea(max(TEAS, default=0) + 1, tea.name, tea.kind, tea.origin, tea.notes, OPENED)
    TEAS[made.id] = made
    return made


class TeaResource:
    """One tea.

    ---
    get:
      summary: Show a tea
    """

    async def on_get(self, req: Request, resp: Response, *, tea: Tea = Depends(find_tea)) -> Tea:
        """Look a tea up.

        By its number.
        """
        return tea

    async def on_put(
        self,
        req: Request,
        resp: Response,
        *,
        who: str = Depends(keeper),
        tea: Tea = Depends(find_tea),
        new: NewTea,
    ) -> Tea:
        """Replace a tea.

        Its number and its day stay.
        """
        TEAS[tea.id] = Tea(tea.id, new.name, new.kind, new.origin, new.notes, tea.added)
        return TEAS[tea.id]

    async def on_delete(
        self,
        req: Request,
        resp: Response,
        *,
        who: str = Depends(keeper),
        tea: Tea = Depends(find_tea),
    ) -> None:
        """Take a tea out of the house.

        There is no way back.
        """
        del TEAS[tea.id]
        resp.no_content()


teas.add_route(
    "/{tea_id:int}",
    TeaResource,
    name="tea",
    responses={204: "The tea is gone.", 404: NoSuchTea},
    openapi_extra={"x-house": True},
)


@teas.query("/search", tags=["teas"])
async def search_teas(req: Request, resp: Response, *, words: list[NewTea]) -> list[Tea]:
    """Search teas by example.

    A tea is found that has the name of one of those that are sent.
    """
    names = {each.name for each in words}
    return [each for each in TEAS.values() if each.name in names]


@teas.sse("/news", heartbeat=15)
async def tea_news(req: Request, resp: Response) -> AsyncIterator[SSE[Tea]]:
    """Follow what comes into the house.

    Each tea that is there is told once.
    """
    for tea in list(TEAS.values())[-3:]:
        yield SSE(data=tea, event="tea", id=str(tea.id))


@teas.ndjson("/export")
async def export_teas(req: Request, resp: Response) -> AsyncIterator[Tea]:
    """Export the teas.

    One in each line.
    """
    for tea in list(TEAS.values())[-3:]:
        yield tea


api.include_router(teas, prefix="/v1")


# --- Reviews: pydantic -----------------------------------------------------------------------


class Model(pydantic.BaseModel):
    """What the models of reviews share: no value is taken for another type's."""

    model_config = pydantic.ConfigDict(strict=True, extra="forbid")


class Taste(Model):
    """What somebody tasted."""

    kind: Literal["taste"]
    taste: Literal["sweet", "bitter", "umami"]


class Smell(Model):
    """What somebody smelled."""

    kind: Literal["smell"]
    words: Annotated[list[str], pydantic.Field(min_length=1)]


@api.schema("Review")
class ReviewModel(Model):
    """What somebody says of a tea."""

    tea: Annotated[str, pydantic.Field(min_length=1, alias="teaName")]
    sense: Annotated[Taste | Smell, pydantic.Field(discriminator="kind")]
    text: Annotated[str, pydantic.Field(max_length=500)] = ""
    replies: list[ReviewModel] = []


reviews = Router("/reviews", tags=["reviews"])


@reviews.post("", status_code=201)
async def add_review(req: Request, resp: Response, *, review: ReviewModel) -> ReviewModel:
    """Say something of a tea.

    Nobody has to say who they are.
    """
    return review


@reviews.get("/stars", deprecated=dt.date(2026, 6, 1), sunset=dt.date(2027, 6, 1))
def count_stars(
    req: Request, resp: Response, *, least: int = Query(1, ge=1, le=5)
) -> dict[str, int]:
    """Count the stars.

    Use the reviews themselves in its place.
    """
    return {"stars": least}


api.include_router(reviews, prefix="/v1")


# --- Orders: dataclasses, forms and files ----------------------------------------------------


@dataclass
class Order:
    """What somebody drinks."""

    tea: str
    cups: int
    number: uuid.UUID = field(default_factory=uuid.uuid4)


class Total(TypedDict):
    """What an order comes to."""

    cups: int
    price: float


orders = Router("/orders", tags=["orders"])


@orders.post("", status_code=201)
async def place_order(
    req: Request,
    resp: Response,
    *,
    tea: str = Form(min_length=1, max_length=80, description="The name of the tea."),
    cups: int = Form(1, ge=1, le=12),
) -> Order:
    """Order a tea.

    By a form, as the page of the house has it.
    """
    return Order(tea, cups)


@orders.get("/{number:uuid}/total", responses={404: "There is no such order."})
async def show_total(req: Request, resp: Response, *, number: uuid.UUID) -> Total:
    """Tell what an order comes to.

    In the currency of the house.
    """
    return {"cups": number.int % 12, "price": float(number.int % 1000) / 10}


@orders.post("/{number:uuid}/photos", status_code=201)
async def add_photos(
    req: Request,
    resp: Response,
    *,
    number: uuid.UUID,
    photos: list[UploadFile] = File(description="Up to three."),
    side: Literal["front", "back"] = Form("front", description="Of the cup."),
) -> dict[str, str]:
    """Add photos to an order.

    What is told is their hash.
    """
    found = [hashlib.sha256(await each.read()).hexdigest() for each in photos]
    return dict(zip(map(str, range(len(found))), found, strict=True))


api.include_router(orders, prefix="/v1")


# --- The house -------------------------------------------------------------------------------


@api.get("/v1/hours/{day}", tags=["house"], response_examples={200: "9 to 17"})
async def show_hours(
    req: Request, resp: Response, *, day: Literal["today", "tomorrow"] = Path(examples=["today"])
) -> str:
    """Tell the opening hours.

    As a line of text.
    """
    return "9 to 17" if day == "today" else "closed"


@api.get("/v1/inventory", tags=["house"], security=[{"token": []}], audience="keepers")
async def show_inventory(
    req: Request, resp: Response, *, who: str = Depends(keeper)
) -> dict[str, Any]:
    """Count what is there.

    For keepers alone; it stands in their document.
    """
    return {"keeper": who, "teas": len(TEAS)}


api.openapi.serve(openapi_route="/keepers.yml", docs_route="/keepers", audience="keepers")


@api.get("/", include_in_schema=False)
async def index(req: Request, resp: Response) -> None:
    """Send browsers to the documentation."""
    resp.redirect("/docs")


if __name__ == "__main__":
    api.run()
