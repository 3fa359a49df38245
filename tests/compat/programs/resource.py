import responder

api = responder.API(title="Web Service", version="1.0", openapi="3.0.2", docs_route="/docs")

class GreetingResource:
    def on_request(self, req, resp, *, greeting):   # or on_get...
        resp.text = f"{greeting}, world!"
        resp.headers.update({'X-Life': '42'})
        resp.status_code = api.status_codes.HTTP_416

api.add_route("/{greeting}", GreetingResource)
