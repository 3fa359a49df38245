import responder

api = responder.API()

@api.get("/teas")
def list_teas(req, resp):
    resp.media = ["green"]

@api.post("/teas")
async def create(req, resp):
    resp.created(await req.media(), location="/teas/1")

@api.put("/teas/{number:int}")
def replace(req, resp, *, number):
    resp.media = number

@api.patch("/teas/{number:int}")
def change(req, resp, *, number):
    resp.media = number

@api.delete("/teas/{number:int}")
def delete(req, resp, *, number):
    resp.no_content()

@api.route("/any")
def any_method(req, resp):
    resp.text = req.method
