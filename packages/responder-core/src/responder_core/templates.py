"""Templates: text and pages made by Jinja2, escaped unless they are plain text."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from os import PathLike

    from jinja2 import Environment, Template

    from responder_core.settings import Settings
    from responder_core.types import Endpoint

# What no browser takes for markup; everything else is escaped, since to escape too much shows,
# and to escape too little does not.
_PLAIN_TEXT = frozenset(
    {
        *(".cfg", ".conf", ".ini", ".json", ".toml", ".yaml", ".yml"),
        *(".css", ".js", ".sh", ".sql"),
        *(".csv", ".eml", ".md", ".po", ".rst", ".tex", ".text", ".tsv", ".txt"),
    }
)
# Endings that say that a file is a template, and nothing of what it makes.
_OF_TEMPLATES = frozenset({".j2", ".jinja", ".jinja2"})

# Sources that were compiled are kept, so many of them; longer ones are not.
_MAX_SOURCES = 128
_MAX_SOURCE = 32 * 1024


def escapes(name: str | None) -> bool:
    """Whether what is inserted into a template is escaped: markup is, plain text is not.

    ``escapes("page.html")`` → True, also for ``"page.html.j2"``, for a name that tells nothing,
    and for a string, whose name is None; ``escapes("mail.txt")`` → False.
    """
    if name is None:
        return True
    from pathlib import Path

    path = Path(name.lower())
    if path.suffix in _OF_TEMPLATES:
        path = path.with_suffix("")
    return path.suffix not in _PLAIN_TEXT


class _Environments(NamedTuple):
    """What Jinja2 needs: one environment for each way to render; they share all but that."""

    plain: Environment
    awaited: Environment


class Templates:
    """The templates of a directory.

    ::

        templates = Templates("pages", context={"site": "Tea"})
        templates.render("index.html", title="Home")

    Args:
        directory: where the files are; a template is named by its path from there, and none is
            found elsewhere.
        autoescape: escape what is inserted, but into plain text (``.txt``, ``.md``, ``.json``
            and their like); False escapes nothing.
        context: what every template knows.
        enable_async: give out templates by ``get_template()`` whose ``render_async()`` is to be
            awaited; ``render()`` and ``render_async()`` here work either way.
        auto_reload: see for each rendering whether the file was changed.

    Attributes:
        directory: as given.
        autoescape: as given.
        default_context: what every template knew at first.
    """

    def __init__(
        self,
        directory: str | PathLike[str] = "templates",
        autoescape: bool = True,  # noqa: FBT001, FBT002 - positions that programs use
        context: Mapping[str, Any] | None = None,
        enable_async: bool = False,  # noqa: FBT001, FBT002 - as above
        *,
        auto_reload: bool = True,
    ) -> None:
        from pathlib import Path

        self.directory: Path = Path(directory)
        self.autoescape = autoescape
        self.default_context: dict[str, Any] = dict(context or {})
        self._enable_async = enable_async
        self._auto_reload = auto_reload
        self._made: _Environments | None = None
        self._lock = Lock()
        self._compile = lru_cache(maxsize=_MAX_SOURCES)(self._compile_anew)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self.directory)!r}>"

    def _environments(self) -> _Environments:
        """The environments, made when the first template is asked for, and never changed.

        Raises:
            RuntimeError: Jinja2 is not installed.
        """
        with self._lock:
            if self._made is None:
                self._made = self._make_environments()
            return self._made

    def _make_environments(self) -> _Environments:
        try:
            from jinja2 import Environment, FileSystemLoader
        except ModuleNotFoundError as error:
            msg = "Templates need Jinja2: pip install 'responder-core[templates]'"
            raise RuntimeError(msg) from error
        loader = FileSystemLoader(self.directory.absolute())
        autoescape: bool | Callable[[str | None], bool] = escapes if self.autoescape else False
        plain, awaited = (
            Environment(
                loader=loader,
                autoescape=autoescape,  # noqa: S701 - on, unless the program says otherwise
                auto_reload=self._auto_reload,
                enable_async=enable_async,
            )
            for enable_async in (False, True)
        )
        plain.globals.update(self.default_context)
        awaited.globals = plain.globals
        return _Environments(plain, awaited)

    @property
    def context(self) -> MutableMapping[str, Any]:
        """What every template knows, Jinja2's own functions among it.

        ``templates.context["site"] = "Tea"`` adds to it; so does setting it to a mapping, which
        keeps what is there already.
        """
        return self._environments().plain.globals

    @context.setter
    def context(self, value: Mapping[str, Any]) -> None:
        self._environments().plain.globals.update(value)

    def get_template(self, name: str) -> Template:
        """A template of the directory, compiled.

        Raises:
            jinja2.TemplateNotFound: there is none of this name.
            jinja2.TemplateSyntaxError: it is none; the message tells the line.
            RuntimeError: Jinja2 is not installed.
        """
        environments = self._environments()
        chosen = environments.awaited if self._enable_async else environments.plain
        return chosen.get_template(name)

    def render(self, name: str, /, *args: Mapping[str, Any], **context: Any) -> str:  # noqa: ANN401
        """A template of the directory, rendered: ``render("page.html", title="Tea")``.

        *args* are mappings of further context.

        Raises:
            jinja2.TemplateError: it is missing or broken, as ``get_template()`` tells.
        """
        template = self._environments().plain.get_template(name)
        return template.render(_merge(args, context))

    async def render_async(self, name: str, /, *args: Mapping[str, Any], **context: Any) -> str:  # noqa: ANN401
        """As ``render()``, for templates that call coroutine functions: they are awaited."""
        template = self._environments().awaited.get_template(name)
        return await template.render_async(_merge(args, context))

    def render_string(self, source: str, /, *args: Mapping[str, Any], **context: Any) -> str:  # noqa: ANN401
        """A source, rendered, escaped as a page: ``render_string("Hi {{ name }}", name="Ada")``.

        Never put what a client sent into the source: it would be a program. Put it into the
        context.
        """
        compiled = self._compile if len(source) <= _MAX_SOURCE else self._compile_anew
        return compiled(source).render(_merge(args, context))

    def _compile_anew(self, source: str) -> Template:
        return self._environments().plain.from_string(source)


def _merge(mappings: tuple[Mapping[str, Any], ...], context: dict[str, Any]) -> dict[str, Any]:
    """One context of all; what is named comes before what is in a mapping."""
    if not mappings:
        return context
    merged: dict[str, Any] = {}
    for each in mappings:
        merged.update(each)
    return {**merged, **context}


class TemplateRenderer:
    """An app that renders the templates of ``templates_dir=``."""

    _templates: Templates | None = None

    if TYPE_CHECKING:
        settings: Settings

        @property
        def debug(self) -> bool:
            """Whether files that were changed are read anew."""
            ...

        def url_for(self, endpoint: Endpoint | str, /, **params: Any) -> str:  # noqa: ANN401
            """What templates make paths by."""
            ...

    @property
    def templates(self) -> Templates:
        """The templates of ``templates_dir=``; each knows ``api`` and ``url_for``.

        Files that were changed are read anew in debug.
        """
        if self._templates is None:
            self._templates = Templates(
                self.settings.templates_dir,
                autoescape=self.settings.auto_escape,
                context={"api": self, "url_for": self.url_for},
                auto_reload=self.debug,
            )
        return self._templates

    def template(self, filename: str, /, *args: Mapping[str, Any], **kwargs: Any) -> str:  # noqa: ANN401
        """A template, rendered: ``api.template("page.html", title="Tea")``.

        *args* are mappings of further context. ``resp.render()`` sends one as HTML.

        Raises:
            jinja2.TemplateError: it is missing or broken.
            RuntimeError: Jinja2 is not installed.
        """
        return self.templates.render(filename, *args, **kwargs)

    def template_string(self, source: str, /, *args: Mapping[str, Any], **kwargs: Any) -> str:  # noqa: ANN401
        """A source, rendered and escaped: ``api.template_string("Hi {{ name }}", name="Ada")``.

        Never put what a client sent into the source; put it into the context.
        """
        return self.templates.render_string(source, *args, **kwargs)
