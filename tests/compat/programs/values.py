import responder

api = responder.API()

@api.route("/")
def home(req, resp):
    return "Welcome!"

@api.route("/dict")
async def a_dict(req, resp):
    return {"tea": "green"}

@api.route("/list")
def a_list(req, resp):
    return [1, 2, 3]

@api.route("/bytes")
def some_bytes(req, resp):
    return b"\x00\x01"

@api.route("/number")
def a_number(req, resp):
    return 42

@api.route("/created", methods=["POST"])
async def created(req, resp):
    return {"id": 1}, 201

@api.route("/headers")
def with_headers(req, resp):
    return {"ok": True}, 202, {"X-Tea": "green"}
