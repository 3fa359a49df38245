import responder
from responder.ext.ratelimit import MemoryBackend, RateLimiter

api = responder.API()
limiter = RateLimiter(requests=2, period=60, backend=MemoryBackend())
limiter.install(api)

@api.route("/")
def home(req, resp):
    resp.text = "home"
