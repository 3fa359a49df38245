"""Debug pages: what failed, for the developer of an app; never for anybody else.

The exception with its causes and groups, the source lines, and the request, with what looks like
a secret left out. As error pages are, these are escaped, and have no script.
"""

from __future__ import annotations

import linecache
import re
import sysconfig
import traceback
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

from responder_core.error_pages import STYLE as PLAIN_STYLE
from responder_core.error_pages import draw_text as draw_plain_text
from responder_core.error_pages import frame, policy_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from responder_core.error_pages import ErrorFacts
    from responder_core.types import Scope

# A recursion that never ended has a thousand frames, and only its two ends tell anything.
_FIRST_FRAMES, _LAST_FRAMES = 10, 30
_MAX_EXCEPTIONS = 20
_CONTEXT = 4
_MAX_LINE = 240
_MAX_TEXT = 4000

_SECRET = re.compile(
    "auth|cookie|credential|csrf|jwt|key|pass|secret|session|signature|token|xsrf", re.IGNORECASE
)
_MASK = "••••"

# Code that is not the program's own, and is folded away.
_LIBRARIES = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
    str(Path(__file__).parent),
)

STYLE = (
    PLAIN_STYLE
    + """
body{display:block}
main{max-width:64rem;margin:0 auto}
h1{font-size:1.75rem;white-space:pre-wrap}
h2{margin:2rem 0 .5rem;font-size:1.125rem;white-space:pre-wrap}
h2 small,summary small{color:var(--soft);font-weight:400}
details{margin:.25rem 0;border:1px solid var(--line);border-radius:.375rem}
summary{padding:.375rem .75rem;cursor:pointer;font-size:.9375rem}
pre{margin:0;padding:.5rem 0;overflow-x:auto;overflow-wrap:normal;\
font:.8125rem/1.55 ui-monospace,monospace;border-top:1px solid var(--line)}
pre span{display:block;padding:0 .75rem;white-space:pre}
pre b{display:block;padding:0 .75rem;font-weight:400;white-space:pre;\
background:color-mix(in srgb,var(--mark) 18%,transparent)}
pre i{color:var(--soft);font-style:normal}
section section{margin-left:1.5rem}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;\
border-bottom:1px solid var(--line)}
th{width:14rem;font-weight:400;color:var(--soft)}
"""
)
POLICY = policy_for(STYLE)


def draw_page(facts: ErrorFacts, exc: BaseException, scope: Scope) -> bytes:
    """The page of a failure, in UTF-8."""
    text = escape(format_traceback(exc))
    parts = [
        f'<p class="status">{facts.status} {escape(facts.title)}</p>',
        f"<h1>{_headline(exc)}</h1>",
        f"<p>{escape(scope['method'])} {escape(_mask_url(scope))}</p>",
        *_draw_chain(exc),
        "<h2>Request</h2>",
        _draw_headers(scope),
        "<h2>As text</h2>",
        f"<details><summary>Traceback</summary><pre><span>{text}</span></pre></details>",
        f"<footer>Request {escape(facts.request_id)}. You see this because debug is on; nobody",
        "else should.</footer>",
    ]
    title = f"{escape(_name(exc))}: {escape(scope['method'])} {escape(str(scope['path']))}"
    return frame(title, STYLE, "\n".join(["<main>", *parts, "</main>"]))


def draw_text(facts: ErrorFacts, exc: BaseException) -> bytes:
    """A failure as text: what everybody is told, and the traceback."""
    return draw_plain_text(facts) + b"\n" + format_traceback(exc).encode("utf-8", "replace")


def format_traceback(exc: BaseException) -> str:
    """The traceback as Python prints it."""
    return "".join(traceback.format_exception(exc))


def _headline(exc: BaseException) -> str:
    """The class and the message of an exception, as HTML."""
    message = _message(exc)
    return escape(f"{_name(exc)}: {message}" if message else _name(exc))


def _name(exc: BaseException) -> str:
    kind = type(exc)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{prefix}{kind.__qualname__}"


def _message(exc: BaseException) -> str:
    try:
        return str(exc)[:_MAX_TEXT]
    except Exception:  # noqa: BLE001 - as traceback does: an exception that cannot say what it is
        return "<exception str() failed>"


def _mask_url(scope: Scope) -> str:
    """The path and the query, without the values of parameters that look like secrets."""
    query = scope["query_string"].decode("latin-1")
    if not query:
        return str(scope["path"])
    parts: list[str] = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        secret = equals and _SECRET.search(unquote_plus(name))
        parts.append(f"{name}={_MASK}" if secret else f"{name}{equals}{value}")
    return f"{scope['path']}?{'&'.join(parts)}"[:_MAX_TEXT]


def _draw_headers(scope: Scope) -> str:
    rows: list[str] = []
    for field, content in scope["headers"]:
        name = field.decode("latin-1")
        value = _MASK if _SECRET.search(name) else content.decode("latin-1")[:_MAX_TEXT]
        rows.append(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _draw_chain(exc: BaseException) -> list[str]:
    """The exception and those behind it, the first cause last; those of groups inside."""
    parts: list[str] = []
    seen: set[int] = set()
    relation = ""
    current: BaseException | None = exc
    while current is not None and id(current) not in seen and len(seen) < _MAX_EXCEPTIONS:
        parts.append(_draw_exception(current, relation, seen))
        if current.__cause__ is not None:
            relation, current = "caused by", current.__cause__
        else:
            relation = "while handling"
            current = None if current.__suppress_context__ else current.__context__
    return parts


def _draw_exception(exc: BaseException, relation: str, seen: set[int]) -> str:
    """One exception, with those of a group inside; the headline of the first is the page's."""
    seen.add(id(exc))
    parts = ["<section>"]
    if relation:
        parts.append(f"<h2><small>{relation}</small> {_headline(exc)}</h2>")
    notes = getattr(exc, "__notes__", None)  # PEP 678.
    if isinstance(notes, list):
        parts += [f"<p>{escape(str(note))}</p>" for note in cast("list[object]", notes)]
    parts += _draw_frames(exc)
    inner = getattr(exc, "exceptions", None)  # PEP 654: an exception group.
    if isinstance(inner, tuple):
        for each in cast("tuple[object, ...]", inner):
            if isinstance(each, BaseException) and id(each) not in seen:
                if len(seen) >= _MAX_EXCEPTIONS:
                    parts.append("<p>More exceptions were left out.</p>")
                    break
                parts.append(_draw_exception(each, "in the group", seen))
    parts.append("</section>")
    return "\n".join(parts)


def _draw_frames(exc: BaseException) -> Iterator[str]:
    frames = list(traceback.walk_tb(exc.__traceback__))
    left_out = len(frames) - _FIRST_FRAMES - _LAST_FRAMES
    for index, (code_frame, number) in enumerate(frames):
        if left_out > 0 and _FIRST_FRAMES <= index < _FIRST_FRAMES + left_out:
            if index == _FIRST_FRAMES:
                yield f"<p>{left_out} frames left out.</p>"
            continue
        yield _draw_frame(code_frame, number, is_last=index == len(frames) - 1)
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        # What could not be compiled has no frame.
        linecache.checkcache(exc.filename)
        lines = linecache.getlines(exc.filename)
        where = f"{escape(exc.filename)}:{exc.lineno}"
        yield _draw_source(where, lines, exc.lineno, state=" open")


def _draw_frame(code_frame: FrameType, number: int, *, is_last: bool) -> str:
    code = code_frame.f_code
    filename = code.co_filename
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, code_frame.f_globals)
    state = " open" if is_last or not filename.startswith(_LIBRARIES) else ""
    where = f"{escape(filename)}:{number} <small>in {escape(code.co_name)}</small>"
    return _draw_source(where, lines, number, state=state)


def _draw_source(where: str, lines: list[str], number: int, *, state: str) -> str:
    """The lines around one, under where that is; both as HTML."""
    rows: list[str] = []
    for each in range(max(number - _CONTEXT, 1), min(number + _CONTEXT, len(lines)) + 1):
        tag = "b" if each == number else "span"
        text = lines[each - 1].rstrip()[:_MAX_LINE]
        rows.append(f"<{tag}><i>{each:>5}</i> {escape(text)}</{tag}>")
    source = f"<pre>{''.join(rows)}</pre>" if rows else ""
    return f"<details{state}><summary>{where}</summary>{source}</details>"
