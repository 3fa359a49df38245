# fmt: off
# ruff: noqa: F821 - as users write it; the test brings what it names.

@api.route("/{greeting}")
async def greet_world(req, resp, *, greeting):
    resp.text = f"{greeting}, world!"
