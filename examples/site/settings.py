"""Settings: what makes the site one's own. Change the words first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import responder

NAME = "Kettle & Spanner"
TAGLINE = "Notes on software, walking, and things that can be mended"
LANGUAGE = "en-GB"
POSTS_PER_PAGE = 5
RESULTS_PER_SEARCH = 20

_HERE = Path(__file__).resolve().parent
STATIC = _HERE / "static"
TEMPLATES = _HERE / "templates"


@dataclass(frozen=True)
class Settings:
    """What differs from one place where the site runs to another.

    Attributes:
        content: the folder with ``posts/*.md``, ``about.md`` and ``gallery.yml``.
        data: the folder of what the site makes for itself: sessions, images, PDFs.
        base_url: scheme and host, ``"https://example.org"``; empty: what each request came to.
        passwords: a line for each who may write, as ``python -m examples.site.passwords`` prints
            it; without one the lines of ``passwords`` in *data*. With neither the admin is off.
        proxies: the networks of proxies that are believed about clients, ``["10.0.0.0/8"]``.
        metrics_token: who sends it as a bearer token may read the metrics; without one, who asks
            from this machine.
        search_limit: how often one address may search.
        graphql_limit: how often one address may ask by GraphQL.
        login_limit: how often one address may fail to log in.
        account_limit: how often all addresses together may fail to log in as one author.
        log_format: ``"text"`` for people, ``"json"`` for programs.
        watch: the seconds after which a change on disk is noticed; 0 for never.
    """

    content: Path = _HERE / "content"
    data: Path = _HERE / "data"
    base_url: str = ""
    passwords: str = ""
    proxies: tuple[str, ...] = ()
    metrics_token: str = ""
    search_limit: str = "30/minute"
    graphql_limit: str = "60/minute"
    login_limit: str = "5/minute"
    account_limit: str = "20/hour; burst 10"
    log_format: str = "text"
    watch: float = 2.0

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """The settings of an environment: ``SITE_URL`` and its like; empty is as if not set."""
        known = {name: value for name, value in environment.items() if value}
        return cls(
            content=Path(known.get("SITE_CONTENT", cls.content)).resolve(),
            data=Path(known.get("SITE_DATA", cls.data)).resolve(),
            base_url=known.get("SITE_URL", "").rstrip("/"),
            passwords=known.get("SITE_PASSWORDS", ""),
            proxies=tuple(known.get("SITE_PROXIES", "").split()),
            metrics_token=known.get("SITE_METRICS_TOKEN", ""),
            search_limit=known.get("SITE_SEARCH_LIMIT", cls.search_limit),
            login_limit=known.get("SITE_LOGIN_LIMIT", cls.login_limit),
            log_format=known.get("SITE_LOG", cls.log_format),
        )

    @property
    def hosts(self) -> list[str] | None:
        """The names that the site answers to: its own, and this machine's for probes.

        None is any name; then links in pages lead where a request says that it came to.
        """
        host = urlsplit(self.base_url).hostname
        return [host, "127.0.0.1", "localhost"] if host else None

    @property
    def is_https(self) -> bool:
        """Whether visitors come by HTTPS, so that cookies are sent by it alone."""
        return self.base_url.startswith("https://")


def settings_of(req: responder.Request) -> Settings:
    """The settings of the site that a request came to."""
    settings: Settings = req.api.state.settings
    return settings
