import responder

api = responder.API(templates_dir="pages")

@api.route("/{name}")
def hello(req, resp, *, name):
    resp.html = api.template("hello.html", name=name)

@api.route("/render/{name}")
def render(req, resp, *, name):
    resp.render("hello.html", {"name": name})

@api.route("/string/{name}")
def string(req, resp, *, name):
    resp.html = api.template_string("Hello, {{ name }}!", name=name)

@api.route("/async/{name}")
async def in_async(req, resp, *, name):
    resp.html = await api.templates.render_async("hello.html", name=name)

api.templates.context = {"site": "Teahouse"}
