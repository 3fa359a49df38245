"""Settings: what makes the site one's own. Change these first."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "Kettle & Spanner"
TAGLINE = "Notes on software, walking, and things that can be mended"
LANGUAGE = "en-GB"
POSTS_PER_PAGE = 5
RESULTS_PER_SEARCH = 20

BASE_URL = os.environ.get("SITE_URL", "").rstrip("/")
"""Scheme and host of the site, ``https://example.org``; empty: what each request came to."""

_HERE = Path(__file__).resolve().parent

CONTENT = Path(os.environ.get("SITE_CONTENT", _HERE / "content")).resolve()
"""The folder with ``posts/*.md``, ``about.md`` and ``gallery.yml``."""

STATIC = _HERE / "static"
TEMPLATES = _HERE / "templates"
