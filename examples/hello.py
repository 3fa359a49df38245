"""The smallest service.

Start it with ``python examples/hello.py``; ``curl http://127.0.0.1:5042/hello`` answers
``hello, world!``.
"""

import responder

api = responder.API()


@api.route("/{greeting}")
async def greet_world(req: responder.Request, resp: responder.Response, *, greeting: str) -> None:
    resp.text = f"{greeting}, world!"


if __name__ == "__main__":
    api.run()
