"""The site as servers import it: ``responder run examples.site.asgi:api --workers 2``."""

import os

from examples.site.app import make_api
from examples.site.settings import Settings

api = make_api(Settings.read(os.environ))
