import responder
from flask import Flask, request

api = responder.API()
flask_app = Flask(__name__)

@flask_app.route("/")
def hello():
    return f"Hello {request.args.get('name', 'Flask')}!"

@flask_app.route("/form", methods=["POST"])
def form():
    return {"name": request.form["name"]}

api.mount("/flask", flask_app)
