"""How Sphinx builds these pages: ``sphinx-build -W -n docs build/docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Responder"
author = "the authors of Responder"
copyright = "the authors of Responder, under the licence Apache-2.0"  # noqa: A001 - Sphinx's name
version = release = version_of("responder")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "docstrings",
    "generated",
    "llms",
    "repository",
]
exclude_patterns = ["_ext", "_static", "**/plots"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "Responder"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# A prompt and what a program printed are not what a reader wants to paste.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

autodoc_preserve_defaults = True  # As they are written, not as they are represented.
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # The signatures of views and options are longer than a line.
autodoc_class_signature = "mixed"
autodoc_default_options = {
    "members": True,
    "inherited-members": "Exception,MutableMapping,Mapping,dict",
}
nitpicky = True
nitpick_ignore = [
    # What an extension has no keywords for, shown as the value of an attribute.
    ("py:class", "responder_core.extension.NoOptions"),
    ("py:class", "responder_openapi.options.SingleOptions"),
]
