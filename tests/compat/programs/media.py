import responder

api = responder.API()

@api.route("/items", methods=["POST"])
async def create_item(req, resp):
    data = await req.media()
    resp.media = {"created": data}

@api.route("/json", methods=["POST"])
async def json_only(req, resp):
    resp.media = await req.media("json")

@api.route("/form", methods=["POST"])
async def form(req, resp):
    form = await req.media("form")
    resp.media = {"name": form["name"], "all": form.get_list("name")}

@api.route("/sync", methods=["POST"])
def sync(req, resp):
    resp.media = req.media_sync()
