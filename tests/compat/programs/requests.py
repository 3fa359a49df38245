import responder

api = responder.API()

@api.route("/about/{name}")
async def about(req, resp, *, name):
    resp.media = {
        "method": req.method,
        "path": req.url.path,
        "query": req.url.query,
        "full_url": req.full_url,
        "params": dict(req.params.items()),
        "all_tags": req.params.get_list("tag"),
        "missing": req.params.get("missing", "nothing"),
        "agent": req.headers["X-Agent"],
        "agent_again": req.headers.get("x-agent"),
        "cookie": req.cookies.get("flavour"),
        "json": req.is_json,
        "secure": req.is_secure,
        "accepts_html": req.accepts("text/html"),
        "path_params": req.path_params,
        "client": req.client is not None,
    }

@api.route("/text", methods=["POST"])
async def text(req, resp):
    resp.media = {
        "text": await req.text,
        "bytes": len(await req.content),
        "encoding": await req.encoding,
    }

@api.route("/state")
async def state(req, resp):
    resp.text = req.state.user

@api.before_request()
def remember(req, resp):
    req.state.user = "ada"
