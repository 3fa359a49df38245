import time

import responder

api = responder.API()
done = []

@api.route("/task")
def task(req, resp):
    @api.background.task
    def process(name):
        time.sleep(0)
        done.append(name)

    process("task")
    resp.media = {"status": "processing"}

@api.route("/run")
async def run(req, resp):
    future = api.background.run(done.append, "run")
    resp.media = {"status": type(future).__name__}

@api.route("/await")
async def wait(req, resp):
    resp.text = await api.background(str.upper, "done")

@api.route("/after")
def after(req, resp):
    resp.background(done.append, "after")
    resp.text = "sent"

@api.route("/async")
async def run_async(req, resp):
    @api.background.task
    async def work():
        done.append("async")

    work()
    resp.text = "started"
