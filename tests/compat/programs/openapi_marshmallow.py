import responder
from marshmallow import Schema, fields

api = responder.API(title="Pets", version="1.0", openapi="3.0.2", docs_route="/docs")

@api.schema("Pet")
class PetSchema(Schema):
    name = fields.Str()

@api.route("/pets")
def pets(req, resp):
    """A cute furry animal endpoint.
    ---
    get:
        description: Get a random pet
        responses:
            200:
                description: A pet to be returned
                content:
                    application/json:
                        schema:
                            $ref: "#/components/schemas/Pet"
    """
    resp.media = PetSchema().dump({"name": "little orange"})
