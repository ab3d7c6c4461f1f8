"""Words and phrases that may stand for one another nearly everywhere: closed classes and verbs.

On purpose few: where a word has two meanings, to take them for one would drop real mistakes.
"""

from __future__ import annotations

from typing import NamedTuple

_GROUPS = """
0 zero
1 one
2 two
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten
11 eleven
12 twelve
13 thirteen
14 fourteen
15 fifteen
16 sixteen
17 seventeen
18 eighteen
19 nineteen
20 twenty
30 thirty
40 forty
50 fifty
60 sixty
70 seventy
80 eighty
90 ninety
1st first
2nd second
3rd third
big large
bigger larger
biggest largest
begin start commence
begins starts commences
began started commenced
help assist aid
helps assists aids
use utilize
uses utilizes
used utilized
using utilizing
buy purchase
buys purchases
bought purchased
show demonstrate illustrate
shows demonstrates illustrates
quick fast rapid
quickly rapidly fast
about around approximately roughly circa
but however yet
thus hence therefore so
also additionally
almost nearly
because since as
while whereas
get obtain
gets obtains
need require
needs requires
needed required
make create
makes creates
made created
ensure guarantee
ensures guarantees
choose select pick
chooses selects picks
try attempt
tries attempts
end finish
ends finishes
difficult hard
easy simple
important significant crucial
main primary
famous well-known
kilometers kilometres km
kilometer kilometre
meters metres
meter metre
gray grey
center centre
program programme
movie film
automobile car
often frequently
begins starts
many numerous
enough sufficient
usually typically generally
occurs happens
occur happen
receive get
received got obtained
upon on
till until
amongst among
whilst while
towards toward
"""
_PHRASES = {
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


class Synonyms(NamedTuple):
    """What each word and phrase stands for."""

    words: dict[str, str]
    phrases: dict[str, str]


def _read() -> Synonyms:
    words: dict[str, str] = {}
    for line in _GROUPS.strip().splitlines():
        first, *others = line.split()
        for word in others:
            words.setdefault(word, words.get(first, first))
    return Synonyms(words, _PHRASES)


SYNONYMS = _read()
VOCABULARY = frozenset(SYNONYMS.words) | frozenset(SYNONYMS.words.values())
"""Words that another one may stand for."""
