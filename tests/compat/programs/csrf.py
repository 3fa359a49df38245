import responder

api = responder.API(secret_key="correct horse battery staple 42", csrf=True)

@api.route("/form", methods=["GET", "POST"])
async def form(req, resp):
    if req.method == "POST":
        resp.text = "saved"
    else:
        resp.html = f"<form method=post>{req.csrf_input}</form>"

@api.route("/hook", methods=["POST"], csrf=False)
async def hook(req, resp):
    resp.text = "ok"
