import responder
api = responder.API()

@api.route("/{greeting}")
async def greet_world(req, resp, *, greeting):
    resp.text = f"{greeting}, world!"

# resp.text, resp.html, resp.content; resp.media (JSON, or YAML by negotiation); resp.file("path.pdf")
# req.headers is case-insensitive; req.params gives query parameters; sync and async views both work

@api.route("/items", methods=["POST"])
async def create_item(req, resp):
    data = await req.media()
    resp.media = {"created": data}

import graphene
api.graphql("/graphql", schema=graphene.Schema(query=Query))

@api.route("/ws", websocket=True)
async def websocket(ws):
    await ws.accept()
    while True:
        name = await ws.receive_text()
        await ws.send_text(f"Hello {name}!")

from flask import Flask
flask_app = Flask(__name__)
api.mount("/flask", flask_app)

@api.route("/work")
def do_work(req, resp):
    @api.background.task
    def process():
        import time; time.sleep(10)
    process()
    resp.media = {"status": "processing"}
