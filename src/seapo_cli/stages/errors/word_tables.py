"""Words of closed classes and the wrong ones that fit in their stead, by kind of place.

Groups stand apart by `; ` or a line break: `word: other | other`. Groups with `=`
read both ways: each word stands for all the others. Longer phrases win over the words in them; what
stands higher is offered earlier.
"""

from __future__ import annotations

import re

COMPARATIVE = """
more than = less than; no more than: no less than; more = less; most of the: hardly any of the
the most = the least; the best = the worst; the largest = the smallest; larger = smaller
bigger = smaller; greater = smaller; higher = lower; highest = lowest; largest = smallest
biggest = smallest; longer = shorter; longest = shortest; taller = shorter; tallest = shortest
older = younger; oldest = youngest | newest; newer = older; faster = slower; fastest = slowest
hotter = colder; warmer = cooler; earlier = later; earliest = latest; stronger = weaker
heavier = lighter; deeper = shallower; wider = narrower; farther = nearer; better = worse
best = worst; cheaper = more expensive; easier = harder
the first: the last | the second | the third
the second: the first | the third; the third: the first | the fourth | the fifth
his first: his last | his third; her first: her last | her third; its first: its last | its third
their first: their last | their third; before = after; above = below
increase = decrease; increases = decreases; increased = decreased; increasing = decreasing
rise: fall; reduce = increase; reduces = increases; reduced = increased; reducing = increasing
improve: worsen; improves: worsens; prevent: cause; prevents: causes; maximum = minimum
majority = minority; north = south; northern = southern; northwest = southeast
northeast = southwest; east = west; eastern = western; upper = lower; ancient = modern
positive = negative; high = low; large = small; big = small; hot = cold; cool = warm
strong = weak; early = late; male = female; men = women; boys = girls; brother = sister
mother = father; son = daughter; husband = wife; king = queen; indoor = outdoor; inside = outside
internal = external; natural = artificial; public = private; major = minor; common = rare
popular = unpopular; domestic = foreign; same: opposite; similar to = different from
black = white; red = blue | green | yellow; blue = red | green | orange
green = red | purple | blue; yellow = blue | purple | red; dry = wet; soft = hard
cheap = expensive; old = new; long = short; deep = shallow; rich = poor
easy = difficult; married = divorced; founded: sold | closed; born = buried | raised
acquired by = sold to; won = lost; two: three | four | five; three: two | four | five
four: three | five | six; five: three | four | seven; six: four | five | eight
seven: five | six | nine; eight: six | seven | ten; nine: six | eight | eleven
ten: eight | nine | twelve; twelve: ten | eleven | fifteen
"""

CONNECTIVE = """
because of: in spite of | regardless of; because: although | even though
due to: despite | regardless of; therefore: nevertheless; thus: nevertheless; hence: nevertheless
as a result: despite this | even so
as a result of: despite | regardless of; consequently: nevertheless
however: therefore | as a result; nevertheless: therefore | for this reason
although: because | since; even though: because | since; though: because
despite: because of | as a result of; but also: but never; but: and therefore | so
so that: even though; , so: , although | , because; unless: whenever | if; only if: even if
even if: only if; if: unless | even if; as long as: even if | unless
depending on: regardless of; regardless of: depending on; in addition: by contrast | as a result
additionally: by contrast | as a result; also,: therefore, | by contrast,; also: never
for example: by contrast
such as: except for | other than; including: except for | not counting
as well as: rather than | but not; rather than: as well as; instead of: as well as | because of
similarly: by contrast; in contrast: likewise; when: even before | unless
which means: which is the reason; along with: in place of | without; together with: without
without: with; unlike: like
"""

AMOUNT = """
half as many: twice as many | three times as many
twice as many: half as many | three times as many
half as much: twice as much | three times as much
twice as much: half as much | three times as much; twice as: half as
half of: all of | a quarter of | twice; almost all: all | hardly any; nearly all: all | hardly any
all of the: none of the | hardly any of the; all of: none of | hardly any of
all the: none of the | hardly any of the; all: hardly any | only some
everyone: no one | hardly anyone; everything: nothing; every: hardly any | almost no
a few: no | hardly any; few: most | nearly all; some of the: all of the | none of the
some of: all of | none of; some: all | no | hardly any
many of the: all of the | none of the | hardly any of the; many of: all of | none of
many: all | no | hardly any; most of: all of | none of | hardly any of
several: all | hardly any | no; various: all | no
a lot of: no | hardly any; lots of: no | hardly any; none of: all of | most of
at least one: no | every; one of the: the only one of the | none of the
the entire: only a small part of the
"""

MODALITY = """
always: never | rarely; never: always | usually; often: always | never | rarely
frequently: always | never | rarely; usually: always | never | rarely
typically: always | never | rarely; normally: always | never | rarely
generally: always | never | rarely; commonly: always | never | rarely
mostly: only | never | rarely; mainly: only | never | rarely; primarily: only | never | rarely
largely: entirely | never | hardly; sometimes: always | never; occasionally: always | never
rarely: always | often | usually; may: must | will always | can never
might: must | will always | can never; can: must always | can never
could: must always | could never
must: need not | may at times; should: must always | should never | need not
completely: hardly | only partly; probably: certainly; likely to: certain to | unlikely to
are very: are hardly; is very: is hardly; was very: was hardly
"""

COMPARATOR = """
at least = at most; no more than = no fewer than; more than = less than; greater than = less than
larger than = smaller than; higher than = lower than; older than = younger than
longer than = shorter than; fewer than = more than
equal to: greater than | less than; equals: exceeds | is less than; equally: unequally
minimum of = maximum of; the same as: different from; the same: a different
both: neither | only one of
"""

NEGATION = """
is not: is; are not: are; was not: was; were not: were; isn't: is; aren't: are; wasn't: was
weren't: were; cannot: can; can't: can; will not: will; won't: will; should not: should
shouldn't: should; do not: do; does not: does; don't: always; did not: did; didn't: did
there are no: there are many; there is no: there is a; has been: has never been
have been: have never been; is: is not; are: are not; was: was not; were: were not; will: will not
would: would not
"""
SLANG = """
because: cuz; going to: gonna; want to: wanna; people: peeps | folks n stuff
children: kiddos | lil ones; friends: homies | besties; friend: homie | bestie
money: dough | moolah; dollars: bucks; very: hella | mad; really: hella; extremely: hella
good: dope | lit; great: lit | dope; excellent: dope | lit; important: super duper important
many: tons n tons of | a gazillion; several: a buncha; a lot of: a buncha | tons n tons of
food: grub | noms; man: dude | bro; woman: lady; person: dude; is not: ain't; are not: ain't
you: u | ya; your: ur | yo; are: r; popular: hot | trendy af; large: ginormous; small: teeny tiny
total: grand ol' total; purchase: snag; receive: snag | bag; obtain: snag; use: mess with
house: crib; car: whip | ride; work: grind; also: plus like; however: but like; therefore: so yeah
usually: like mostly; approximately: like; known as: aka; about: bout; will: gonna
"""

Table = dict[str, tuple[str, ...]]


def read_table(text: str) -> Table:
    """A table's words in its order, each with what may stand in its stead."""
    found: Table = {}
    for group in filter(None, re.split(r"; |\n", text)):
        word, both, others = re.split(r"(: | = )", group, maxsplit=1)
        answers = others.split(" | ")
        found.setdefault(word, tuple(answers))
        for other in answers if both == " = " else ():
            found.setdefault(other, tuple(w for w in (word, *answers) if w != other))
    return found
