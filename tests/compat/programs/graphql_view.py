import graphene

import responder
from responder.ext.graphql import GraphQLView

api = responder.API()

class Query(graphene.ObjectType):
    hello = graphene.String()

    async def resolve_hello(self, info):
        return "hello"

api.add_route("/graph", GraphQLView(schema=graphene.Schema(query=Query)))
