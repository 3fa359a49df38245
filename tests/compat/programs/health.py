import responder

api = responder.API(health_route="/health")
state = {"database": True}

def database():
    return state["database"]

async def queue():
    return True

api.add_health_check("database", database)
api.add_health_check("queue", queue)
