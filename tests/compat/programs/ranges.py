import responder

api = responder.API()

@api.route("/movie")
def movie(req, resp):
    resp.stream_file("movie.mp4")

@api.route("/content")
def content(req, resp):
    resp.content = b"0123456789"
