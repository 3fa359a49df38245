import uuid
from dataclasses import asdict, dataclass

import responder

api = responder.API(cors=True, allowed_hosts=["*"])
todos = {}

@dataclass
class Todo:
    title: str
    done: bool = False

@api.before_request()
def add_version(req, resp):
    resp.headers["X-Version"] = "1"

@api.route("/todos")
class Todos:
    def on_get(self, req, resp):
        found = [asdict(each) | {"id": key} for key, each in todos.items()]
        if "done" in req.params:
            wanted = req.params["done"] == "true"
            found = [each for each in found if each["done"] is wanted]
        resp.media = found

    async def on_post(self, req, resp):
        data = await req.media()
        if not data.get("title"):
            resp.status_code = 400
            resp.media = {"error": "a title is required"}
            return
        key = str(uuid.uuid4())
        todos[key] = Todo(data["title"])
        resp.status_code = 201
        resp.media = {"id": key}
        resp.headers["Location"] = api.url_for(OneTodo, key=key)

@api.route("/todos/{key}")
class OneTodo:
    def on_request(self, req, resp, *, key):
        if key not in todos:
            resp.status_code = 404
            resp.media = {"error": "no such todo"}

    def on_get(self, req, resp, *, key):
        if key in todos:
            resp.media = asdict(todos[key])

    async def on_patch(self, req, resp, *, key):
        if key in todos:
            todos[key].done = (await req.media())["done"]
            resp.media = asdict(todos[key])

    def on_delete(self, req, resp, *, key):
        if todos.pop(key, None):
            resp.status_code = 204
