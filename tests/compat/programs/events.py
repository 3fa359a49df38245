import responder

api = responder.API()
happened = []

@api.on_event("startup")
async def start():
    happened.append("start")

@api.on_event("shutdown")
def stop():
    happened.append("stop")

def also():
    happened.append("also")

api.add_event_handler("startup", also)

@api.route("/")
def home(req, resp):
    resp.media = happened
