"""Start the shop: ``python -m examples.jobs``."""

from examples.jobs.app import api

if __name__ == "__main__":
    api.run()
