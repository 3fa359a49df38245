import responder
from responder import File, Form, UploadFile

api = responder.API()

@api.post("/photos")
async def photo(req, resp, *, title: str = Form(), image: UploadFile = File()):
    resp.media = {"title": title, "name": image.filename, "size": len(await image.read())}
