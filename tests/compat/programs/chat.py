import responder

api = responder.API()
clients = set()

@api.route("/")
def page(req, resp):
    resp.html = "<script>new WebSocket('ws://' + location.host + '/chat')</script>"

@api.route("/chat", websocket=True)
async def chat(ws):
    await ws.accept()
    clients.add(ws)
    try:
        async for message in ws.iter_text():
            for client in clients:
                await client.send_text(message)
    finally:
        clients.discard(ws)
