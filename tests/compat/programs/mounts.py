import responder

api = responder.API()
v1 = responder.API()

@v1.route("/teas")
def teas(req, resp):
    resp.media = {"teas": ["green"], "url": v1.url_for(teas)}

def wsgi_app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]

async def asgi_app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})

api.mount("/v1", v1)
api.mount("/wsgi", wsgi_app)
api.mount("/asgi", asgi_app)

@api.route("/wsgi/known")
def known(req, resp):
    resp.text = "a route comes first"
