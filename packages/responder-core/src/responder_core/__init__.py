"""A familiar HTTP service framework: the complete core of Responder, for minimal deployments."""

__all__: list[str] = []
