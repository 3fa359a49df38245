from pydantic import BaseModel

import responder

api = responder.API(
    title="Teahouse",
    version="1.0",
    openapi="3.0.2",
    docs_route="/docs",
    description="Teas and pots.",
    terms_of_service="https://example.org/terms",
    contact={"name": "Ada", "url": "https://example.org", "email": "ada@example.org"},
    license={"name": "MIT", "url": "https://example.org/licence"},
)

class Tea(BaseModel):
    name: str
    price: float = 1.5

class Search(BaseModel):
    q: str
    limit: int = 10

@api.route("/teas", methods=["POST"], request_model=Tea, response_model=Tea)
async def create_tea(req, resp):
    """Create a tea."""
    tea = req.state.validated
    resp.media = {"name": tea.name, "price": tea.price, "secret": "dropped"}

@api.route("/search", methods=["GET"], params_model=Search)
async def search(req, resp):
    found = req.state.validated_params
    resp.media = {"q": found.q, "limit": found.limit}

@api.post("/typed", tags=["teas"], summary="Create", status_code=201)
async def typed(req, resp, *, tea: Tea) -> Tea:
    return tea
