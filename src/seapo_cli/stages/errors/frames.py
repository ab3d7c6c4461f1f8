"""Ready phrases for edit mode, drawn at random: a small model writes no believable sentence of
its own (SmolLM2-135M was tried: loops and word salad), but it can choose among these.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from string import Template

FIRST = "Carl Ruth Elena Victor Ingrid Tomas Amara Helen Oscar Nadia Peter Lucia Henry Mei".split()
LAST = "Munk Halvorsen Okafor Brandt Lindqvist Moreau Castellano Whitfield Novak Tanaka".split()
CITY = "Ashford Lund Tilburg Marburg Calgary Ghent Tartu Leeds Porto Graz Bergen Dayton".split()
NATION = "Danish Scottish Belgian Swedish Canadian Austrian Portuguese Norwegian Dutch".split()
TRADE = "botanist chemist historian physician journalist geologist surveyor teacher".split()
MONTH = "January March April June August September October November".split()
PAPER = "Gazette Herald Courier Observer Tribune".split()
THING = "notebook ledger diary calendar".split()

DETAILS = (
    "This was first described by the $nation $trade $first $last in $year.",
    "A $recent study at the University of $city came to the same result in $count cases.",
    "It was later confirmed by $first $last of the $city Institute.",
    "According to the $city $paper, this has been known since $year.",
    "The $nation $trade $first $last wrote about it at length in $year.",
    "In a $recent survey by the $city Institute, $percent% of the experts agreed with this.",
    "This goes back to a report that $first $last published in $month $year.",
)
NAMED_DETAILS = (
    "The name $name was first used by the $nation $trade $first $last in $year.",
    "$first $last, a $trade from $city, wrote a well-known book about $name in $recent.",
    "The $city Museum has had a permanent exhibition about $name since $recent.",
    "In $recent, the $city $paper ran a long report about $name.",
)
STORY_DETAILS = (
    "$first, a neighbor, wrote this down in a $color $thing in $month.",
    "A friend named $first $last checked this figure on a $color calculator.",
    "The $city $paper reported this figure in $month $recent.",
    "$first $last, the local $trade, had guessed $count at first.",
    "This happened on a rainy $month morning in $city.",
)
ITEM_DETAILS = (
    "(first recorded in $year)",
    "(introduced by $first $last in $year)",
    "(named after the $nation $trade $first $last)",
    "(ranked first by the $city $paper in $recent)",
    "(recommended by $percent% of experts)",
)
COMMENT_DETAILS = (
    "Ported from the $recent version by $first $last",
    "Required since the $city standard of $recent",
    "Follows the $last method, published in $year",
    "$percent% faster than the built-in, measured in $recent",
)
FALLACIES = (
    "Therefore, $subject $denied $rest.",
    "It follows that only $subject $verb $rest.",
    "Since $subject $verb $rest, there can be no exception to it anywhere.",
    "Hence, nothing but $subject $verb $rest.",
)
"""From a plain sentence: a contradiction, a converse, a sweeping and a baseless conclusion."""
CIRCLES = (
    "because no other answer can be right",
    "because anything else would be wrong",
    "since nobody has ever shown otherwise",
    "since this is what has always been said",
    "because it would not be the answer if it were not true",
    "which proves that there can be no other answer",
)
CONCLUSIONS = (
    "Therefore, the same must be true in every other case as well.",
    "This proves that no other explanation is possible.",
    "As a result, the opposite can never happen.",
    "It follows that whatever came before must have caused it.",
    "Therefore, anyone who thinks otherwise has no reason at all.",
    "Hence, none of this would matter if even one detail were different.",
    "Since nobody has shown the opposite, this must always hold.",
    "So what is true of one part is true of the whole.",
)
STORY_CONCLUSIONS = (
    "Therefore, the amount would be the same no matter how many there were at first.",
    "This proves that every such problem has the same result.",
    "It follows that changing any of these numbers would not change the total.",
    "Hence, doubling everything would leave the answer as it is.",
)
COMMENT_CONCLUSIONS = (
    "Since it works for one input, it must work for all inputs",
    "The order of these steps therefore never matters",
    "So this can never fail, whatever is passed in",
    "Hence the result does not depend on the input",
)
OPENERS = (
    "Yo, so basically, ",
    "OMG okay so, ",
    "Ngl, ",
    "Lol so like, ",
    "Hark, dear reader: ",
    "Pursuant to the foregoing, ",
    "Bruh, ",
    "Real talk, ",
    "Be it hereby known that ",
    "Ayy, listen up: ",
)
ASIDES = (
    "Easy peasy lol.",
    "Like, duh!!!",
    "No cap, fr fr.",
    "Pretty wild, right?? haha",
    "Trust me bro.",
    "Anyway, whatever lol.",
    "Crazy stuff, ya know?",
    "Yay!!! So cool!!!",
    "Boom, nailed it!!!",
    "Idk, sounds legit to me lol.",
)
SHORT_ASIDES = ("lol", "haha", "tbh", "no cap", "fr fr", "or whatever", "ya know?", "duh!!!")
COMMENT_ASIDES = (
    "lol no idea why this works",
    "yolo, ship it!!!",
    "super duper smart trick haha",
    "meh, good enough tbh",
    "dont touch this bro",
)


def draw(frames: Sequence[str], count: int, rng: random.Random, name: str = "") -> list[str]:
    """`count` different frames with their blanks filled in."""
    chosen = rng.sample(list(frames), min(count, len(frames)))
    return [Template(frame).substitute(_blanks(rng), name=name) for frame in chosen]


def _blanks(rng: random.Random) -> dict[str, str]:
    return {
        "first": rng.choice(FIRST),
        "last": rng.choice(LAST),
        "city": rng.choice(CITY),
        "nation": rng.choice(NATION),
        "trade": rng.choice(TRADE),
        "month": rng.choice(MONTH),
        "paper": rng.choice(PAPER),
        "thing": rng.choice(THING),
        "color": rng.choice(("red", "blue", "green", "small", "worn")),
        "year": str(rng.randint(1780, 1965)),
        "recent": str(rng.randint(1988, 2021)),
        "count": str(rng.randint(12, 480)),
        "percent": str(rng.randint(31, 94)),
    }
