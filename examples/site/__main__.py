"""Start the site: ``python -m examples.site``."""

from examples.site.asgi import api

if __name__ == "__main__":
    api.run()
