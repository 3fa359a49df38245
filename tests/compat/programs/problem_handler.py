import responder

async def name_it(problem, req, exc):
    problem["service"] = "teahouse"

api = responder.API(problem_handler=name_it)
