import responder

api = responder.API()
seen = []

@api.before_request(websocket=True)
def connecting(ws):
    seen.append(ws.url.path)

@api.route("/echo", websocket=True)
async def echo(ws):
    await ws.accept()
    while True:
        name = await ws.receive_text()
        await ws.send_text(f"Hello {name}!")

@api.route("/json/{room}", websocket=True)
async def rooms(ws, *, room):
    await ws.accept()
    message = await ws.receive_json()
    await ws.send_json({"room": room, "message": message, "user": ws.query_params.get("user")})
    await ws.close()

@api.websocket_route("/bytes")
async def binary(ws):
    await ws.accept(subprotocol="v1")
    await ws.send_bytes(await ws.receive_bytes())
    await ws.close(1000)
