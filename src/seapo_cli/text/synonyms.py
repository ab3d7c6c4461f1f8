"""Words and phrases that may stand for one another nearly everywhere: closed classes and verbs.

Few on purpose: to take a word with two meanings for another one would drop real mistakes.
"""

from __future__ import annotations

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_GROUPS = """
1st first | 2nd second | 3rd third | big large | bigger larger | biggest largest |
begin start commence | begins starts commences | began started commenced | help assist aid |
helps assists aids | use utilize | uses utilizes | used utilized | using utilizing |
buy purchase | buys purchases | bought purchased | show demonstrate illustrate |
shows demonstrates illustrates | quick fast rapid | quickly rapidly fast |
about around approximately roughly circa | but however yet | thus hence therefore so |
also additionally | almost nearly | because since as | while whereas | get obtain | gets obtains |
need require | needs requires | needed required | make create | makes creates | made created |
ensure guarantee | ensures guarantees | choose select pick | chooses selects picks | try attempt |
tries attempts | end finish | ends finishes | difficult hard | easy simple |
important significant crucial | main primary | famous well-known | kilometers kilometres km |
kilometer kilometre | meters metres | meter metre | gray grey | center centre |
program programme | movie film | automobile car | often frequently | begins starts |
many numerous | enough sufficient | usually typically generally | occurs happens | occur happen |
receive get | received got obtained | upon on | till until | amongst among | whilst while |
towards toward
"""
PHRASES = {
    "in addition": "also",
    "as well as": "and",
    "for instance": "for example",
    "such as": "like",
    "in order to": "to",
    "a lot of": "many",
    "a number of": "many",
    "due to the fact that": "as",
    "due to": "because of",
    "well known": "famous",
    "well-known": "famous",
}
"""What each phrase stands for."""


def _groups() -> list[list[str]]:
    numbers = [[str(n), word] for n, word in enumerate(_NUMBERS.split())]
    tens = [[str(10 * n), word] for n, word in enumerate(_TENS.split(), 3)]
    return numbers + tens + [group.split() for group in _GROUPS.split("|")]


def _first_of_each() -> dict[str, str]:
    words: dict[str, str] = {}
    for first, *others in _groups():
        for word in others:
            words.setdefault(word, words.get(first, first))
    return words


SYNONYMS = _first_of_each()
"""What each word stands for."""
VOCABULARY = frozenset(SYNONYMS) | frozenset(SYNONYMS.values())
"""Words that another one may stand for."""
