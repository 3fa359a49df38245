import responder

api = responder.API()

@api.route("/text")
def text(req, resp):
    resp.text = "plain"

@api.route("/html")
def html(req, resp):
    resp.html = "<h1>page</h1>"

@api.route("/content")
def content(req, resp):
    resp.content = b"%PDF-1.4"
    resp.mimetype = "application/pdf"

@api.route("/media")
def media(req, resp):
    resp.media = {"name": "tea", "tags": ["green", "hot"]}

@api.route("/status")
def status(req, resp):
    resp.status_code = api.status_codes.HTTP_418
    resp.headers["X-Pot"] = "short and stout"

@api.route("/file/{name}")
def file(req, resp, *, name):
    resp.file(name)

@api.route("/download/{name}")
async def download(req, resp, *, name):
    resp.download(name, filename="tea list.txt")

@api.route("/chunks/{name}")
def chunks(req, resp, *, name):
    resp.stream_file(name, chunk_size=2)

@api.route("/cached")
def cached(req, resp):
    resp.cache_control(public=True, max_age=3600)
    resp.vary("Accept-Language")
    resp.text = "cached"
