import responder

api = responder.API(problem_details=False)

@api.route("/teapot")
def teapot(req, resp):
    responder.abort(418, detail="short and stout")
