import responder

api = responder.API()
v1 = api.group("/v1")

@v1.before_request()
def stamp(req, resp):
    resp.headers["X-Version"] = "1"

@v1.route("/teas")
def teas(req, resp):
    resp.text = "teas"

@v1.get("/pots")
async def pots(req, resp):
    resp.text = "pots"

@api.route("/outside")
def outside(req, resp):
    resp.text = "outside"
