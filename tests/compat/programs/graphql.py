import graphene

import responder

api = responder.API()

class Query(graphene.ObjectType):
    hello = graphene.String(name=graphene.String(default_value="stranger"))
    agent = graphene.String()

    def resolve_hello(self, info, name):
        return f"Hello {name}"

    def resolve_agent(self, info):
        info.context["response"].headers["X-Resolved"] = "yes"
        return info.context["request"].headers["X-Agent"]

class SetTea(graphene.Mutation):
    class Arguments:
        name = graphene.String(required=True)

    name = graphene.String()

    def mutate(self, info, name):
        return SetTea(name=name)

class Mutation(graphene.ObjectType):
    set_tea = SetTea.Field()

api.graphql("/graphql", schema=graphene.Schema(query=Query, mutation=Mutation))
