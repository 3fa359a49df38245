"""The extension: ``RateLimits(...)`` gives an API's routes the keyword ``rate_limit=``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.extension import Extension
from responder_ratelimit.options import RateLimitOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from responder_core.api import API
    from responder_core.deployment import Deployment, Finding
    from responder_core.route import Route, WebSocketRoute
    from responder_ratelimit.limiter import RateLimiter
    from responder_ratelimit.rules import RateLimit


class RateLimits(Extension[RateLimitOptions]):
    """Limits the requests of an app: ``API(extensions=[RateLimits("100/minute")])``.

    Routes and routers have limits of their own by ``rate_limit="5/minute"``, each a count of its
    own beside that of the app, and none at all by ``rate_limit=False``. At a route of WebSockets
    they count connections.

    ::

        api = API(extensions=[RateLimits("100/minute", policies={"login": "5/minute"})])


        @api.post("/login", rate_limit="login")
        async def log_in(req, resp): ...

    Args:
        limits: those of the whole app, 404s too; False for none.
        options: what ``RateLimiter`` takes, each as a keyword.
    """

    options = RateLimitOptions
    socket_options: type[Mapping[str, Any]] = RateLimitOptions

    def __init__(
        self,
        limits: RateLimit | RateLimiter = False,  # noqa: FBT002 - that no limit is meant
        **options: Any,  # noqa: ANN401 - as RateLimiter has them
    ) -> None:
        self._api: API | None = None
        self._limiter: RateLimiter | None = None
        if limits is not False or options:
            self._limiter = self._make(limits, options)

    @staticmethod
    def _make(limits: RateLimit | RateLimiter, options: dict[str, Any]) -> RateLimiter:
        from responder_ratelimit.limiter import RateLimiter

        if not isinstance(limits, RateLimiter):
            return RateLimiter(limits, **options)
        if options:
            msg = f"RateLimits has a limiter, and takes no {', '.join(options)} beside it"
            raise TypeError(msg)
        return limits

    @property
    def limiter(self) -> RateLimiter:
        """What counts; made when the first limit is given, as most apps of the meta have none."""
        if self._limiter is None:
            self._limiter = self._make(limits=False, options={})
            if self._api is not None:
                self._limiter.install(self._api)
        return self._limiter

    def install(self, api: API) -> None:
        """Count the requests of an app."""
        self._api = api
        if self._limiter is not None:
            self._limiter.install(api)

    def bind(self, route: Route, options: RateLimitOptions) -> None:
        """Note the limits of a route."""
        self._note(route, " ".join(sorted(route.methods)), options)

    def bind_socket(self, route: WebSocketRoute, options: RateLimitOptions) -> None:
        """Note the limits of the connections of a WebSocket."""
        self._note(route, "WS", options)

    def _note(self, route: Route | WebSocketRoute, methods: str, options: RateLimitOptions) -> None:
        given = options.get("rate_limit")
        is_plain = given is None or isinstance(given, bool)
        if is_plain and given is not False and self._limiter is None:
            return  # Nothing limits anything yet, and what comes later is of other routes.
        from responder_ratelimit.facts import RateLimitFact
        from responder_ratelimit.rules import read_rules

        rules = () if is_plain else read_rules(given, self.limiter.policies)
        place = f"{methods} {route.path}"
        fact = RateLimitFact(self.limiter, place, rules, is_exempt=given is False)
        route.facts.append(fact)

    def check(self, api: API, deployment: Deployment) -> Iterable[Finding]:  # noqa: ARG002 - as it is asked
        """What a deployment should know: ``responder check``."""
        if self._limiter is None:
            return ()
        from responder_ratelimit.findings import find_faults

        return find_faults(self._limiter, deployment)
