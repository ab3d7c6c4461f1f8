"""Words, in scripts with spaces between them and without."""

from __future__ import annotations

import re

WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+"
)
"""A word, or one sign of a script that sets no spaces between words."""
