"""A familiar HTTP service framework for Python, powered by Starlette."""

__all__: list[str] = []
