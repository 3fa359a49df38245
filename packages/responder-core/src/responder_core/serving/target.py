"""The target: where an app is found, by the name that a command or another process knows it by."""

from __future__ import annotations

import importlib
import inspect
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import ModuleType

    from responder_core.types import ASGIApp

FILES = ("app.py", "api.py", "main.py", "asgi.py")
"""Where an app is looked for that was not named."""

NAMES = ("api", "app")
"""What it is called there; factories are ``create_api`` and so on."""

_FACTORIES = tuple(f"{verb}_{name}" for verb in ("create", "make") for name in NAMES)

is_importing: ContextVar[bool] = ContextVar("is_importing", default=False)
"""Whether a target is being imported here: ``api.run()`` at the end of its file starts nothing."""


class InvalidTargetError(ValueError):
    """There is no app at a target. The message says what was looked for, and where."""


@dataclass(frozen=True)
class Target:
    """A name for an app: the module that it is in, and what it is called there.

    ::

        Target.parse("shop.main:api").load()

    Attributes:
        module: the module's name, ``"shop.main"``.
        attribute: the attribute, ``"api"``; None is the first of ``NAMES`` that there is.
        directory: where the module is, put before what Python searches; None adds nothing.
        file: the file that was named, or None.
    """

    module: str
    attribute: str | None = None
    directory: str | None = None
    file: str | None = None

    @classmethod
    def parse(cls, text: str, directory: Path | None = None) -> Target:
        """What ``module:attr``, ``package.module`` and ``file.py[:attr]`` name.

        Raises:
            InvalidTargetError: there is no such file, or the text is no name.
        """
        here = directory or Path.cwd()
        # C:\shop\app.py has a colon of its own.
        drive, colon, rest = text.partition(":")
        windows = len(drive) == 1 and rest[:1] in {"\\", "/"}
        place, _, attribute = rest.partition(":") if windows else (drive, colon, rest)
        if windows:
            place = f"{drive}:{place}"
        if place.endswith(".py") or "/" in place or "\\" in place:
            return cls._of_file(here / place, attribute or None, text)
        if not all(part.isidentifier() for part in place.split(".")):
            msg = (
                f"{text!r} names no app; write module:attribute, package.module or "
                "file.py:attribute"
            )
            raise InvalidTargetError(msg)
        return cls(place, attribute or None, str(here))

    @classmethod
    def find(cls, directory: Path | None = None) -> Target:
        """The app of a directory whose target was not said: of the first of ``FILES`` there is.

        Raises:
            InvalidTargetError: there is none of them.
        """
        here = directory or Path.cwd()
        for name in FILES:
            if (here / name).is_file():
                return cls._of_file(here / name, None, name)
        files = ", ".join(FILES)
        msg = f"there is no app in {here}: looked for {files}; name it, as in shop.main:api"
        raise InvalidTargetError(msg)

    @classmethod
    def of(cls, app: object) -> Target:
        """What another process finds an app by: a variable of a module that has it.

        Raises:
            InvalidTargetError: no module that could be imported has it.
        """
        main = sys.modules["__main__"]
        modules = [main] if getattr(main, "__file__", None) else []
        modules += [module for module in list(sys.modules.values()) if module is not main]
        for module in modules:
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if value is app:
                    return cls(module.__name__, name)
        msg = (
            "several processes each import the app, so it must be a variable of a module in a "
            "file, as api = API() at the beginning of a line"
        )
        raise InvalidTargetError(msg)

    @classmethod
    def _of_file(cls, file: Path, attribute: str | None, text: str) -> Target:
        if not file.is_file():
            near = suggest(file.name, (each.name for each in file.parent.glob("*.py")))
            msg = f"{text!r}: there is no file {file.name!r} in {file.parent}{near}"
            raise InvalidTargetError(msg)
        file = file.resolve()
        parts = [file.stem]
        directory = file.parent
        while (directory / "__init__.py").is_file():
            parts.insert(0, directory.name)
            directory = directory.parent
        if parts[-1] == "__init__":
            parts.pop()
        return cls(".".join(parts), attribute, str(directory), str(file))

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}" if self.attribute else self.module

    def load(self) -> ASGIApp:
        """Import the app; a factory is called.

        Raises:
            InvalidTargetError: there is no such module, or no app in it.
            Exception: the module fails with it.
        """
        module = self._import()
        if self.attribute is None:
            return self._find_in(module)
        name, called, _ = self.attribute.partition("()")
        value: Any = module
        for part in name.split("."):
            if not hasattr(value, part):
                known: Iterable[str] = getattr(value, "__dict__", ())
                msg = f"{self}: there is no {part!r} in {value!r}{suggest(part, known)}"
                raise InvalidTargetError(msg)
            value = getattr(value, part)
        return self._make(value, must_call=bool(called))

    def _import(self) -> ModuleType:
        if self.directory is not None and self.directory not in sys.path:
            sys.path.insert(0, self.directory)
        importlib.invalidate_caches()
        try:
            with importing():
                module = importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            missing = error.name or ""
            if missing != self.module and not self.module.startswith(missing + "."):
                raise  # What it imports itself is missing.
            here = Path(self.directory or ".")
            near = suggest(self.module, _list_modules(here))
            msg = f"{self}: there is no module {missing!r} in {here} or among what is installed"
            raise InvalidTargetError(msg + near) from None
        return self._check_place(module)

    def _check_place(self, module: ModuleType) -> ModuleType:
        """Refuse another module of the same name, where a file was meant."""
        loaded = getattr(module, "__file__", None)
        if self.file is not None and loaded is not None and not Path(loaded).samefile(self.file):
            msg = f"{self.file} hides behind {loaded}, which is {self.module!r}, too; rename it"
            raise InvalidTargetError(msg)
        return module

    def _find_in(self, module: ModuleType) -> ASGIApp:
        for name in NAMES:
            if hasattr(module, name):
                return self._make(getattr(module, name), must_call=False)
        apps = [value for value in vars(module).values() if _is_app(value)]
        if len(apps) == 1:
            return self._make(apps[0], must_call=False)
        for name in _FACTORIES:
            if hasattr(module, name):
                return self._make(getattr(module, name), must_call=True)
        file = getattr(module, "__file__", None) or module.__name__
        several = f"it has {len(apps)} apps" if apps else "it has no app"
        msg = (
            f"{self}: looked in {file} for {', '.join((*NAMES, *_FACTORIES))}; {several}. "
            f"Say which, as in {self.module}:{NAMES[0]}"
        )
        raise InvalidTargetError(msg)

    def _make(self, value: Any, *, must_call: bool) -> ASGIApp:  # noqa: ANN401 - it is looked at
        """The app that a value is, or that a factory makes."""
        if not must_call and (_is_app(value) or _takes(value, 3)):
            app: ASGIApp = value
            return app
        if _takes(value, 0):
            with importing():
                made: ASGIApp = value()
            if _is_app(made) or _takes(made, 3):
                return made
            msg = f"{self}: the factory made {made!r}, which is no ASGI app"
            raise InvalidTargetError(msg)
        msg = f"{self} is {value!r}, neither an ASGI app nor a function without arguments"
        raise InvalidTargetError(msg)


@contextmanager
def importing() -> Generator[None]:
    """While a target is imported: an ``api.run()`` at the end of its file is passed over."""
    token = is_importing.set(True)
    try:
        yield
    finally:
        is_importing.reset(token)


def _is_app(value: object) -> bool:
    """Whether a value is an API; this module is for what the API is started by, too."""
    return callable(value) and hasattr(value, "lifespan_events")


def _takes(function: Any, count: int) -> bool:  # noqa: ANN401 - it is looked at
    """Whether something can be called with so many arguments."""
    if not callable(function) or (count == 3 and inspect.isclass(function)):
        return False
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _list_modules(directory: Path) -> list[str]:
    """The names of the modules and packages of a directory."""
    if not directory.is_dir():
        return []
    files = [each.stem for each in directory.glob("*.py")]
    return files + [each.parent.name for each in directory.glob("*/__init__.py")]
