"""How Sphinx makes the book: ``make docs``, by way of ``tests.book``, which lays out the pages that it reads.

Sphinx with MyST reads the same Markdown that GitHub shows, has warnings as errors and checks every link and anchor by
itself; Furo needs nothing from the network. MkDocs 1.x is no longer maintained, Material for MkDocs ends with it, and
their successor Zensical is at 0.1.
"""

project = "mock-ares"
author = "the authors of mock-ares"
project_copyright = author
html_title = "mock-ares"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["attrs_inline"]  # an image's colours, below
myst_heading_anchors = 4  # as GitHub makes them, so that a link to a heading holds in both
highlight_language = "none"  # a fence without a language is what a program has printed
smartquotes = False  # in texts about bytes a quote is the quote that stands there

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_permalinks_icon = "#"
html_theme_options = {"top_of_page_buttons": []}
