"""How the site is built from ``docs/``: ``make docs``."""

import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "_extensions")]

from run_notebooks import KERNELS, LIMIT  # noqa: E402

project = "counterpulse"
author = "the counterpulse project"
project_copyright = "the counterpulse project, Apache-2.0"
release = version = installed("counterpulse")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "equations",
    "from_code",
    "from_pages",
]
exclude_patterns = ["_*"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
# Notebooks are run, each in a folder of its own, and a cell that fails, or warns, fails the site. Their kernel draws no
# bars, which a page cannot show.
os.environ["JUPYTER_PATH"] = str(KERNELS)
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_show_tb = True
nb_execution_timeout = LIMIT
nb_output_stderr = "warn"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

# Types are told in the docstrings, in words; names of other libraries are no links.
autodoc_typehints = "none"
numpydoc_show_class_members = False
viewcode_follow_imported_members = True

html_theme = "pydata_sphinx_theme"
html_title = "counterpulse"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_math_renderer = "equations"
html_theme_options = {
    "announcement": "Research use only: nothing here advises on a patient.",
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "pygments_light_style": "tango",
    "show_prev_next": True,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
html_sidebars = {"index": [], "start": [], "glossary": []}
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_workers = 4
