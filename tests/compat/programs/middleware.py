import responder

api = responder.API()

class Stamp:
    def __init__(self, app, value="1"):
        self.app = app
        self.value = value

    async def __call__(self, scope, receive, send):
        async def stamped(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-stamp", self.value.encode())]
            await send(message)

        await self.app(scope, receive, stamped)

api.add_middleware(Stamp, value="2")

@api.middleware("http")
async def around(req, call_next):
    resp = await call_next(req)
    resp.headers["X-Around"] = "yes"
    return resp

@api.route("/")
def home(req, resp):
    resp.text = "home"
