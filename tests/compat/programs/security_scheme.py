import responder

api = responder.API(openapi="3.1.0", docs_route="/docs")
api.add_security_scheme("key", {"type": "apiKey", "in": "header", "name": "X-Key"}, default=True)

@api.get("/teas", include_in_schema=True, deprecated=True, operation_id="allTeas")
def teas(req, resp):
    """All teas."""
    resp.media = []

@api.get("/hidden", include_in_schema=False)
def hidden(req, resp):
    resp.text = "hidden"
