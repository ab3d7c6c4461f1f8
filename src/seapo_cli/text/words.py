"""Words and sentences, in scripts with spaces between words and without."""

from __future__ import annotations

import re

WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+"
)
"""A word, or one sign of a script that sets no spaces between words."""
ENDS = ".!?。！？…।؟"
"""Signs that end a sentence."""
SENTENCE = re.compile(rf"[^{ENDS}\n]+[{ENDS}]*")

OPEN_WORDS = frozenset(
    "a an the of to in on at by for with from and or but nor as than that which who whose is are "
    "was were be been being has have had will would can could may might should must its their his "
    "her our your my this these those into between about because if when while where such not "
    "der die das und oder mit von zu im den dem ein eine de la le les el los las y o del un una et "
    "ou du des que qui en il lo e di che con per".split()
)
"""Words that no sentence ends with."""
FUNCTION_WORDS = OPEN_WORDS | frozenset(
    "it he she they i you we me him them then so each more all also there what how many much total "
    "after no do does did".split()
)
"""Words that say nothing about what is spoken of."""
