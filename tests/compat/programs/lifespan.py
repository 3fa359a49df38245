# fmt: off
# ruff: noqa: F821, T201 - as users write it; the test brings what it names.

@asynccontextmanager
async def lifespan(app):
    print("starting up")
    yield
    print("shutting down")

api = responder.API(lifespan=lifespan)
