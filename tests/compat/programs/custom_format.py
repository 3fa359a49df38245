import responder

api = responder.API()

async def csv(r, encode=False):
    if encode:
        r.headers["Content-Type"] = "text/csv"
        return "\n".join(",".join(str(cell) for cell in row) for row in r.media)
    return [line.split(",") for line in (await r.text).splitlines()]

api.formats["csv"] = csv

@api.route("/sum", methods=["POST"])
async def total(req, resp):
    rows = await req.media("csv")
    resp.media = {"sum": sum(int(cell) for row in rows for cell in row)}
