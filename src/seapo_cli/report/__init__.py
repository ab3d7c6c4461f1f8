"""`report`: one HTML file that shows rows, pairs, metrics, audits and evaluations.

    kinds          what a line or document is, by its content
    inputs         files → all that a report is made of
    entry, rows    distinct rows, whichever files they stand in, and counts of all of them
    measures       lengths, similarity, edits and margins of pairs
    overview       from prompts to pairs (funnel), figures by type and source (distributions)
    audits, training, evaluations      a section each
    sections       what a section is made of: tables and figures, and their HTML
    plots          figures by matplotlib, as SVG that a page can style, or as PNG
    marks, listing rows as the page's own script reads them, the mistake marked
    page           all of it in one file, with page.css and page.js
    make           files in, a report out

Figures need matplotlib, which the extra `report` installs.
"""

from __future__ import annotations

from importlib.util import find_spec

from seapo_cli.exceptions import UsageError
from seapo_cli.extras import install


def need_matplotlib() -> None:
    """Check that the extra is installed.

    Raises:
        UsageError: it is not.
    """
    if find_spec("matplotlib") is None:
        raise UsageError(f"seapo report needs matplotlib: {install('report')}")
