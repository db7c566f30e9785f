"""Sphinx settings: numpydoc pages from docstrings, Markdown pages by MyST, the pydata theme."""

from __future__ import annotations

import spatial_region

project = "spatial_region"
author = "The spatial_region developers"
copyright = "2026, the spatial_region developers"  # noqa: A001
version = release = spatial_region.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "studies/*/README.md", "studies/*.md"]
suppress_warnings = ["myst.xref_missing"]  # links to files of the repository, outside the documentation

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
highlight_language = "python"

html_theme = "pydata_sphinx_theme"
html_title = "spatial_region"
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": []}
templates_path: list[str] = ["_templates"]
