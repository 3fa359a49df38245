import responder
from responder.ext.ratelimit import RateLimiter

api = responder.API()
limiter = RateLimiter(requests=2, period=60)
login_limiter = RateLimiter(requests=1, period=60)

@api.route("/limited")
@limiter.limit
async def limited(req, resp):
    resp.text = "ok"

@api.route("/login", methods=["POST"])
@login_limiter.limit
def login(req, resp):
    return {"ok": True}

@api.route("/free")
def free(req, resp):
    resp.text = "free"
