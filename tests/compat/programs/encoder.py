import datetime
import decimal
import uuid

import responder

class Money:
    def __init__(self, amount):
        self.amount = amount

api = responder.API(encoder=lambda value: {"amount": value.amount}, json_decimal="float")

@api.route("/")
def home(req, resp):
    resp.media = {
        "money": Money(5),
        "when": datetime.date(2026, 1, 1),
        "id": uuid.UUID(int=0),
        "price": decimal.Decimal("1.50"),
        "tags": {"green"},
    }
