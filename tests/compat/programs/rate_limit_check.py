import responder
from responder.ext.ratelimit import RateLimiter

api = responder.API()
limiter = RateLimiter(requests=1, period=60)

@api.route("/")
async def home(req, resp):
    if not await limiter.acheck(req, resp):
        return
    resp.text = "home"
