"""Error pages: a problem as a small page for browsers, and as text for terminals.

A page has no script and loads nothing; its policy admits its own style and no more. Everything
that comes from elsewhere is escaped.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any, cast

from responder_core.status import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responder_core.response import Response

# A page is for reading: beyond so many findings a program asks for JSON.
_MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What a page tells of an error.

    Attributes:
        status: the status as it is sent.
        title, detail: as in the problem document; the detail may be ``""``.
        findings: where, and what is wrong there; for values that could not be read.
        request_id: by which the operator finds the request in the log.
    """

    status: int
    title: str
    detail: str
    findings: Sequence[tuple[str, str]]
    request_id: str

    @classmethod
    def of(cls, resp: Response, document: Mapping[str, Any]) -> ErrorFacts:
        """The facts of a document, which a program's handler may have changed at will."""
        status = resp.status_code or 200
        return cls(
            status,
            str(document.get("title") or phrase(status)),
            str(document.get("detail") or ""),
            _read_findings(document.get("errors")),
            resp.req.id,
        )


def _read_findings(errors: object) -> list[tuple[str, str]]:
    """The findings of a document as ``(place, detail)``; what is none is left out."""
    findings: list[tuple[str, str]] = []
    if isinstance(errors, (list, tuple)):
        for each in cast("Sequence[object]", errors)[:_MAX_FINDINGS]:
            if isinstance(each, dict):
                members = cast("dict[str, object]", each)
                place = members.get("pointer")
                if "parameter" in members:
                    place = f"{members.get('in', 'parameter')} {members['parameter']}"
                findings.append((str(place or ""), str(members.get("detail") or "")))
    return findings


def policy_for(style: str) -> str:
    """The Content-Security-Policy of a page that has this style and loads nothing (CSP 3)."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


STYLE = """
:root{color-scheme:light dark;--ink:#1d2327;--soft:#5b6670;--page:#fbfaf8;--line:#e3e0da;\
--mark:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e9e6e1;--soft:#a09a92;--page:#17181a;\
--line:#33353a;--mark:#ff8a7a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;\
background:var(--page);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:36rem;overflow-wrap:anywhere}
.status{margin:0;color:var(--mark);font-weight:650;letter-spacing:.08em}
h1{margin:.25rem 0 1rem;font-size:2.25rem;line-height:1.15;font-weight:650}
dl{border-top:1px solid var(--line)}
dt{margin-top:.75rem;color:var(--soft);font:.875rem ui-monospace,monospace}
dd{margin:0}
footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);\
color:var(--soft);font-size:.875rem}
"""
POLICY = policy_for(STYLE)


def draw_page(facts: ErrorFacts) -> bytes:
    """The page of an error, in UTF-8, under 3 KB beside what the error says."""
    status, title = facts.status, escape(facts.title)
    main = [f'<p class="status">{status}</p>', f"<h1>{title}</h1>"]
    if facts.detail:
        main.append(f"<p>{escape(facts.detail)}</p>")
    if facts.findings:
        rows = [
            f"<dt>{escape(place)}</dt><dd>{escape(detail)}</dd>" for place, detail in facts.findings
        ]
        main.append(f"<dl>{''.join(rows)}</dl>")
    main.append(f"<footer>Request {escape(facts.request_id)}</footer>")
    body = "\n".join(["<main>", *main, "</main>"])
    return frame(f"{status} {title}", STYLE, body)


def frame(title: str, style: str, body: str) -> bytes:
    """A whole page around a body; both title and body are HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode("utf-8", "replace")


def draw_text(facts: ErrorFacts) -> bytes:
    """An error as text: status and title, the detail, the findings, the request's id."""
    paragraphs = [f"{facts.status} {facts.title}", facts.detail]
    paragraphs.append("\n".join(f"{place}: {detail}" for place, detail in facts.findings))
    paragraphs.append(f"Request {facts.request_id}\n")
    return "\n\n".join(filter(None, paragraphs)).encode("utf-8", "replace")
