from contextlib import asynccontextmanager

import responder

@asynccontextmanager
async def lifespan(app):
    app.state.db = "connected"
    yield
    app.state.db = "closed"

api = responder.API(lifespan=lifespan)

@api.route("/")
def home(req, resp):
    resp.text = req.api.state.db
