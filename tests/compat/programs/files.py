import responder

api = responder.API()

@api.route("/upload", methods=["POST"])
async def upload(req, resp):
    files = await req.media("files")
    resp.media = {
        name: {"filename": file.filename, "type": file.content_type, "size": len(await file.read())}
        for name, file in files.items()
    }

@api.route("/save", methods=["POST"])
async def save(req, resp):
    files = await req.media("files")
    await files["photo"].save("uploads/photo.jpg", create_parents=True)
    resp.status_code = 201
