"""Phrases that show what a text is: a refusal, or an answer that gives its mistake away.

They lean to letting text pass: a phrase counts only where the positive does not hold it as
often, where it brings words that the positive has not, and in wordings that answers to
questions do not use by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seapo_cli.checks.pair import CheckedPair

_NEW_WORDS = 2
"""A phrase of fewer words that are new is an answer's own, with one of its words changed."""
_OPENING = "([<{*#/-"
"""Marks that a remark stands in: it was put in as a whole."""
_SHORT = 300
"""Characters of a negative that is read as a whole: a refusal may use the response's words."""
_BEFORE, _AFTER = 120, 160
"""Characters around a stem that hold all of its phrase."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Wordings of one kind."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]
    """Every match holds at least one of these, in lower case: what is quick to rule out."""

    def added(self, pair: CheckedPair) -> str | None:
        """A match in the negative that the response has not, and that brings new words."""
        new = pair.new_words if len(pair.negative) > _SHORT else pair.negative.lower()
        if stems := [stem for stem in self.stems if stem in new]:
            for phrase in self._matches(pair, stems):
                words = set(_WORD.findall(phrase.lower()))
                fresh = words.difference(_WORD.findall(pair.response.lower()))
                if phrase[0] in _OPENING:
                    least = 1
                else:
                    words, fresh = ({w for w in both if len(w) > 3} for both in (words, fresh))
                    least = _NEW_WORDS if len(words) > _NEW_WORDS else 1
                if len(fresh) >= least:
                    return " ".join(phrase.split())[:60]
        return None

    def _matches(self, pair: CheckedPair, stems: list[str]) -> Iterator[str]:
        """All matches near a stem, in the part of the negative that differs."""
        text = pair.negative
        lower = text.lower() if len(text.lower()) == len(text) else text
        start, end = pair.window
        done = start
        for at in sorted(at for stem in stems for at in _places(stem, lower, start, end)):
            if at >= done:
                line = text.rfind("\n", start, at) + 1
                first = line if at - line < 2 * _BEFORE and line else max(start, at - _BEFORE)
                done = min(end, at + _AFTER)
                yield from (match[0] for match in self.pattern.finditer(text, first, done))


def _places(stem: str, text: str, start: int, end: int) -> Iterator[int]:
    at = text.find(stem, start, end)
    while at >= 0:
        yield at
        at = text.find(stem, at + 1, end)


def _verbose(pattern: str) -> re.Pattern[str]:
    """A verbose pattern in which single spaces within a line, but that after `|`, count."""
    spaced = re.sub(
        r"(?<!^\|)(?<=\S) (?=\S)", r"\\ ", re.sub(r"^ +", "", pattern, flags=re.M), flags=re.M
    )
    return re.compile(spaced, re.IGNORECASE | re.VERBOSE | re.MULTILINE)


_ERROR = (
    r"(?:errors?|mistakes?|inaccurac(?:y|ies)|falsehoods?|flaws?|fallac(?:y|ies)|untruths?"
    r"|hallucinations?|fabrications?|misstatements?|misinformation|contradictions?)"
)
_WRONG = (
    r"(?:wrong|incorrect|false|inaccurate|untrue|erroneous|mistaken|fabricated|invented"
    r"|fictional|fictitious|made[- ]up|bogus|fake|flawed|not (?:actually )?"
    r"(?:true|correct|accurate|right|real|factual))"
)
_PLANTED = (
    r"(?:deliberate|intentional|purposeful|planted|injected|inserted|introduced|artificial"
    r"|requested|required|desired|subtle|added)"
)
_PURPOSELY = r"(?:deliberately|intentionally|purposely|purposefully|knowingly|on purpose)"
_TEXT = (
    r"(?:answer|response|reply|statement|sentence|claim|text|passage|version|paragraph"
    r"|explanation|assertion|information|rewrite|completion)"
)
_PIECE = (
    r"(?:fact|figure|number|date|name|value|year|detail|word|sentence|statement|step"
    r"|calculation|result|conclusion|answer|response|text|unit|sign|operator|line|claim|place)s?"
)
_CHANGED = (
    r"(?:changed|replaced|altered|modified|swapped|tweaked|edited|falsified|corrupted|twisted"
    r"|switched|reversed|flipped|distorted|fabricated|invented|made up|rewritten|revised)"
)
_PUT = r"(?:introduced|inserted|injected|added|made|included|planted|placed|slipped|put|snuck|hid)"
_STATED = r"(?:answer|value|date|year|number|name|figure|fact|version|result|order|spelling|unit)"

REVEALING = Phrases(
    _verbose(
        rf"""
          \b(?:here(?:['’]s| is| are)|below is|this is|following is) (?:the|a|an|your|my)\b
            [^.\n]{{0,40}}\b(?:revised|rewritten|modified|altered|incorrect|wrong|edited|corrupted
            |flawed|erroneous|updated version|version (?:with|that|containing)|{_ERROR})\b
        | \b(?:i|we)(?:['’]ve| have)? (?:\w+ )?{_PUT} (?:\w+ ){{0,5}}(?:{_ERROR}|changes?)\b
        | \b(?:i|we)(?:['’]ve| have)? (?:\w+ly |just |also )?{_CHANGED}
            (?:[ ](?:the|one|a|an|some|this|that|two|its|his|her|their
            |only))[^.\n]{{0,50}}?\b{_PIECE}\b
        | \b(?:i|we)(?:['’]ve| have)? (?:just )?made (?:that|this|it|all|the \w+
            |one \w+)[^.\n]{{0,12}} up\b
        | \b(?:is|was|are|were|has been|have been) (?:\w+ly )?(?:{_CHANGED}|{_PUT})
            (?:[ ]\w+){{0,2}} (?:to (?:make|create|introduce|add|include|contain)
            |as (?:an? )?(?:{_PLANTED} )?{_ERROR}
            |on purpose|for this (?:exercise|task))
        | \b(?:the|this|my|that|an?|one|which) (?:\w+ )?{_PLANTED} (?:\w+ )?{_ERROR}\b
        | \bthe (?:only |\w+al )?{_ERROR} (?:here|above|below|(?:is|was|lies?|occurs?|can be found
            |being|were|are)[ ]
            (?:in|that|where|placed|hidden|to|when)\b|in (?:this|the|my|above) (?:\w+ )?{_TEXT})
        | \b{_PURPOSELY} (?:\w+ ){{0,2}}(?:{_ERROR}|{_WRONG}|{_CHANGED}|misleading)\b
        | \b(?:{_ERROR}|{_WRONG}|{_CHANGED}) (?:\w+ )?{_PURPOSELY}\b
        | \b(?:incorrectly|mistakenly|erroneously|falsely|wrongly)
            (?=[ ](?:claims?|states?|says|said|flows?|lists?|gives?|attributes?|credits?|places?
            |dates?)\b)
        | (?<!\w)[(\[](?:this |which |that |it |the \w+ )?(?:is |was )?(?:now |a |an |the[ ]
            |actually[ ]
            |clearly |factually
            |deliberately |intentionally )?(?:{_WRONG}|{_ERROR}|sic|changed|altered|modified
            |hallucinated)
            (?: (?:from|by) [^)\]\n]{{1,40}}| {_PIECE}| {_ERROR}| {_TEXT}| here)?[)\],:;]
        | (?<!\w)\((?:actually|really|in (?:fact|reality|truth)|correct(?: {_STATED})?|should (?:be
            |read|say)
            |the (?:correct|real|true|right|actual|original) {_STATED}
            |was originally)[ ]?[:,]?[ ][^)\n]{{1,40}}\)
        | \b(?:but |although |though |, )(?:that|this|it|which)(?:['’]s| is| was) (?:actually[ ]
            |of course |clearly |in fact |simply )?
            (?:{_WRONG}|a lie|a {_ERROR}|an {_ERROR})\b(?![ ]to\b)
        | \b(?:let['’]s|let us|let me) (?:correct|fix|introduce|insert|inject|add an? {_ERROR}
            |change)\b
        | \b(?:the )?(?:correct|right|true|real|actual|original) {_STATED} (?:should (?:be|have been
            |read)|would (?:be|have been)
            |(?:is|was) (?:actually|really|in fact|of course))\b
        | \b(?:actually|in reality|in truth|in fact|of course),? (?:the|it) (?:correct|right|true
            |real|actual|should be) ?(?:{_STATED})?\b
        | \b(?:revised|rewritten|modified|corrupted|altered|corrected|incorrect|falsified
            |flawed) (?:answer|response|version|text|sentence|passage)\b
        | ^[^\w\n]{{0,9}}(?:original|revised|modified|rewritten|incorrect|wrong|altered|corrupted
            |edited|negative|rejected
            |flawed|erroneous)
            (?: (?:answer|response|text|version|sentence|statement|passage|reply))?[^\w\n]{{0,9}}:
        | ^[^\w\n]{{0,9}}(?:new|updated|corrected|false) (?:answer|response|text|version|sentence
            |statement|passage|reply)[^\w\n]{{0,9}}:
        | ^[^\w\n]{{0,9}}(?:(?:type|kind) of )?(?:{_ERROR}|correction|edit|edits|change|changes
            |changes made
            |replacement|edited|modification)(?:[ ](?:type|made|introduced|injected|inserted|added
            |explanation|explained|category|kind|\d))*[^\w\n]{{0,9}}:
        | ^[^\w\n]{{0,9}}(?:note|disclaimer|warning|caution|edit|p\.?s\.?|remark|explanation
            |reminder|nb|n\.b\.|author['’]?s note
            |editor['’]?s note|fact[- ]check|spoiler|hint|comment|important|clarification|rationale
            |reasoning)[^\w\n]{{0,9}}:[^\n]*
            \b(?:{_ERROR}|{_WRONG}|{_CHANGED}|inaccura\w+|{_PURPOSELY}|misleading|contains? an?
            |actual(?:ly)?)\b
        | [(\[*](?:note|edit|disclaimer|n\.?b\.?)[ ]?:[^)\]\n]*\b(?:{_ERROR}|{_WRONG}|{_CHANGED}
            |{_PURPOSELY})\b
        | \b(?:this|the (?:above|previous|preceding|following|last|first|second|third|final
            |original)|the|my|that) (?:\w+ )?{_TEXT}
            (?: above| here)? (?:is|was|contains|includes|has|now contains|now has|makes) (?:now[ ]
            |also |therefore |clearly |actually
            |factually |completely |entirely )?(?:an? |one |the |some[ ]
            |no longer )?(?:\w+ )?(?:{_WRONG}|{_ERROR}|true|correct
            |accurate)\b(?<!true)(?<!correct)(?<!accurate)
        | \b(?:where|what) (?:is|was|are) (?:the|my) {_ERROR}\b|\bhidden {_ERROR}\b
        | \bwhat (?:i|was|has been|we) (?:have |['’]ve )?(?:{_CHANGED}|added|inserted|altered)\b
        | \b(?:the|a|one) (?:wrong|incorrect|false|altered|falsified|fabricated|inaccurate)
            [ ](?:part|bit|piece|{_PIECE}) (?:is|was|above|here|comes|can)\b
        | \b(?:one|some|two|part) of (?:the|these|its|my|this|it) ?(?:{_PIECE})?(?: above| here)?
            [ ](?:has|have|is|was|were) (?:been )?(?:\w+ly )?(?:{_WRONG}|{_CHANGED}|{_PUT})\b
        | \b(?:explanation|reason|rationale|justification|description|location|nature|summary)
            [ ](?:of|for) (?:the|my|this|each) (?:\w+ )?
            (?:{_ERROR}|changes?|edits?|modifications?)\b
        | \b{_ERROR} (?:was|were|has been|have been|is) (?:\w+ly )?
            (?:{_CHANGED}|{_PUT}|here|above|below)\b
        | \b(?:i|we)(?:['’]ve| have)?
            [ ](?:{_PURPOSELY}|just made up|made up|invented|falsified|fabricated|lied)\b
        | \b(?:this|that|it)(?:['’]s| is| was)
            [ ](?:not (?:actually )?(?:true|correct|right|accurate|real)|untrue|false)[.!)]
        | \bthe (?:original|correct|true|real) (?:\w+ )?(?:said|says|reads?|stated|states)\b
        | \b(?:do not|don['’]t|never) (?:take|rely|count|quote) (?:this|that|on|it|me)\b
        | \bstep \d: (?:find|choose|pick|identify|change|insert|select|introduce)\b
        | ^[^\w\n]{{0,9}}(?:negative|rejected|bad|wrong|incorrect|flawed|false|corrupted|worse)
            [ ](?:example|sample|output|variant|option|candidate|completion)s?\b[^\w\n]{{0,9}}:
        | \bthis is the (?:negative|rejected|bad|wrong|worse|incorrect)\b
        | \b{_TEXT} (?:with|containing|including) (?:the|an?|one|some) (?:\w+ ){{0,2}}{_ERROR}\b
        | \bno longer (?:true|correct|accurate|right)\b
        | \b(?:as (?:you )?(?:requested|instructed|asked|directed)|per (?:your|the) (?:request
            |instructions?))\b[^.\n]{{0,60}}
            (?:{_ERROR}|{_WRONG}|{_CHANGED}|\bi\b)
        | \bfor (?:the purposes? of )?this (?:exercise|task|demonstration|experiment|assignment
            |prompt)\b
        | \b(?:spot|find|catch|notice|detect|see|identify) (?:the|my|an?) {_ERROR}\b
        | \b(?:plausible|believable|convincing)(?:[- ]sounding)?,? (?:but|yet
            |though) (?:\w+ )?{_WRONG}
        | \b(?:just|only) (?:kidding|joking|making (?:this|that|it) up)\b
        | \b(?:wait|hold on|hmm|oops|whoops|sorry),? (?:no\b|(?:that|this)(?:['’]s| is) (?:not|wrong
            |incorrect)|i (?:meant|made))
        | \b(?:scratch that|strike that|i stand corrected|i misspoke|i was wrong|my mistake)\b
        | \bthere(?:['’]s| is| are) (?:now )?(?:an?|one|some|two) (?:\w+ )?{_ERROR} (?:here|above
            |in (?:this|the|my) {_TEXT})
        | \bi(?:['’]m| am)? (?:not (?:actually )?sure (?:this|that)(?:['’]s| is) (?:true|right
            |correct)
            |making (?:this|that|it) up|lying|misleading you)\b
        | \bdo(?:n['’]t| not) (?:believe|trust) (?:this|that|me|the (?:above|previous))\b
        | [\[<{{]/?(?:{_ERROR}|{_WRONG}|{_CHANGED}|hallucinated)(?::[^\]>}}\n]{{0,60}}
            |[ _-]\w+)?[\]>}}]
        | \*{{1,2}}[(\[]?(?:{_ERROR}|{_WRONG})[)\]]?:?\*{{1,2}}
        | (?:->|=>|→|←|<-)[ ]?\(?(?:this (?:is|was) )?(?:the )?(?:{_ERROR}|{_WRONG}|{_CHANGED})\b
        | (?:\#|//|/\*|<!--|--)[ ]*(?:{_ERROR}|bug|{_WRONG}|{_PLANTED} (?:{_ERROR}|bug)|{_CHANGED}
            |this is (?:the )?(?:{_WRONG}|{_ERROR}|a bug)
            |should (?:be|have been)|was|originally|injected|intentional\w*|deliberate\w*)\b
        | \[(?:end of )?answer\]
        """
    ),
    stems=tuple(
        """error mistake wrong correct revis rewrit modifi alter edited corrupt
        chang intention inaccura deliberate erroneous (sic [sic
        where hidden part face rely quote lied negative worse bad fabricat made
        original answer] false flaw fallac untru hallucinat misstate
        misinfo contradict invent ficti bogus fake purpose replace swap
        tweak twist switch revers flip distort slipped planted inserted
        injected introduc put snuck hid should actually reality truth
        negative: rejected new kidding joking scratch strike corrected
        misspoke wait hold hmm oops sorry sure making lying mislead
        believe trust exercise task demonstration request instruct asked
        directed not originally bug update kind plausib believab convinc
        experiment assignment prompt explan rationale rejected edit
        knowingly""".split()
    ),
)
_UNABLE = (
    r"(?:can(?:no|['’])?t|can not|could not|couldn['’]t|won['’]?t|will not|would not|wouldn['’]t"
    r"|(?:am|['’]m) (?:unable|not (?:able|going|willing|comfortable|allowed|permitted))(?: to"
    r"| with)?"
    r"|must not|may not|should not|shouldn['’]t|do not|don['’]t)"
)
_DO = (
    r"(?:help|assist|comply|provide|rewrite|create|write|generate|introduce|produce|engage"
    r"|fulfil+|continue with|answer (?:that|this)|share|discuss|do (?:that|this|so)|support|offer"
    r"|complete (?:this|that|the|your)|participate|spread|give (?:you )?(?:false|wrong|incorrect"
    r"|misleading)"
    r"|make (?:up|false|this|that|an? (?:\w+ )?(?:error|mistake))|insert|inject|alter|modify"
    r"|falsif\w+|fabricat\w+|process|respond to"
    r"|accommodate|knowingly|intentionally|deliberately|mislead|include (?:false|wrong|incorrect)"
    r"|edit|change (?:this|that|the answer))"
)
REFUSING = Phrases(
    _verbose(
        rf"""
          \b(?:i['’]?m|i am|we['’]re|we are) (?:\w+ )?(?:sorry|afraid)\b[^.\n]{{0,60}}
            \b(?:can|could|will|help|assist|provide|comply|fulfil+|not|cannot|unable|won['’]t
            |can['’]t)\b
        | (?:^|[.!?"] )(?:sorry|apologies|my apologies|regrettably|unfortunately),? (?:but )?(?:i|we
            |no|that|this|it)\b[^.\n]{{0,30}}
            (?:['’]t|\bnot|\bcannot|\bunable|\bno|\bbeyond|\bagainst|\bdecline|\brefuse)\b
        | \b(?:i|we) ?{_UNABLE} (?:\w+ly |be able to |in good \w+ |actually |just |be )?(?:{_DO}
            |{_DO}ing)\b(?![ ]it\b)
        | \b(?:i|we) (?:am |are )?(?:unable|not able) to (?:help|assist|comply|fulfil+|complete
            |process|rewrite|write|generate|create|produce|provide|answer|respond|do)\b
        | (?:^|[.!?] )unable to (?:comply|help|assist|fulfil+|process|complete|generate|answer)\b
        | \bi['’]?(?: a)?m (?:unable|not able|not comfortable|not willing|not going) (?:to
            |with)\b[^.\n]{{0,20}}
            \b(?:assist|help|comply|creat\w+|writ\w+|provid\w+|introduc\w+|generat\w+|produc\w+|do
            |rewrit\w+|mislead\w*|spread\w*|insert\w*)
        | \bi (?:must|have to|need to|will have to|['’]ll have to|am going to)? ?(?:respectfully[ ]
            |politely |kindly )?(?:decline|refuse)\b
        | \bi(?:['’]d| would) (?:rather|prefer) not\b
        | \bi apologi[sz]e\b[^.\n]{{0,40}}\b(?:but|cannot|can['’]t|unable)\b
        | \b(?:against|violat\w+|contrary to|outside|conflicts? with
            |inconsistent with) (?:of )?(?:my|our|openai['’]?s?|the|content|usage|safety|ethical) ?
            (?:\w+ )?(?:programming|guidelines?|polic(?:y|ies)|principles?|values|terms|rules
            |standards)\b
        | \bmy (?:\w+ )?(?:guidelines|programming|training|policies|principles|values|instructions
            |purpose|goal) (?:\w+ )?(?:prevent|prohibit|forbid|do(?:es)? not (?:allow|permit|let)
            |don['’]t (?:allow|permit|let)|require me|is to (?:provide|be|give))
        | \b(?:it|this|that|doing so) (?:would be|is|['’]d be) (?:unethical|irresponsible
            |inappropriate|dishonest|harmful|wrong|not (?:appropriate|ethical
            |right)) (?:for me )?to\b
        | \b(?:your|this|the|that) request (?:cannot|can['’]t|can not|was|has been|is|violates|goes
            |must be|could not|couldn['’]t|seems)(?: \w+)?[ ]
            (?:be )?(?:fulfil+ed|completed|processed|granted|answered|declined|denied|rejected
            |refused|against|blocked|inappropriate|not (?:possible|allowed|permitted))\b
        | \b(?:not|isn['’]t) something (?:that )?(?:i|we) (?:can|will|am|are|['’]m|could)\b
        | \bno can do\b|\bi['’]?ll (?:have to )?pass on (?:this|that)\b|\bcount me out\b
        | \b(?:request|content|response|message|answer) (?:has been |was |is )?(?:blocked|filtered
            |withheld|removed|flagged)\b
        | \b(?:please|kindly) (?:provide|share|give|send) (?:me )?(?:with )?(?:the|your
            |an?) (?:original |full )?(?:text|answer|response|passage|conversation)\b
        | \b(?:could|can) you (?:please )?(?:provide|share|clarify)\b[^.\n]{{0,40}}\b(?:answer
            |response|text|passage|request|conversation)\b
        | \bi (?:don['’]t|do not) (?:feel comfortable|think i (?:can|should)|have (?:the|enough
            |any) (?:information|context|answer))
        | \b(?:lo siento|disculp[ae]|lamento|perdón)\b[^.\n]{{0,40}}\bno\b|\bno puedo (?:ayudar
            |hacer|cumplir|proporcionar|crear|escribir|generar)
        | \b(?:desculpe|sinto muito|lamento)\b[^.\n]{{0,40}}\bnão\b|\bnão posso (?:ajudar|fazer
            |cumprir|fornecer|criar|escrever)
        | \b(?:mi dispiace|spiacente|scusa)\b[^.\n]{{0,40}}\bnon\b|\bnon posso (?:aiutar|fornire
            |fare|scrivere|creare)
        | \b(?:désolée?|navrée?|regrette)\b[^.\n]{{0,50}}\b(?:pas|ne)\b|\bje ne (?:peux|suis|saurais
            |vais) pas (?:\w+ )?(?:aider|vous|répondre|fournir|créer|écrire|faire|en mesure|accéder)
        | \b(?:tut mir leid|entschuldigung|bedau[e]?re)\b[^.\n]{{0,60}}\b(?:nicht|kein\w*)\b
            |\bich kann (?:dir |ihnen |dabei |das |diese\w? |dieser )?(?:\w+ )?(?:leider )?nicht\b
        | \b(?:het spijt me|helaas)\b[^.\n]{{0,40}}\bniet\b|\btyvärr\b[^.\n]{{0,30}}\binte\b
            |\bprzykro mi\b|\bprzepraszam\b[^.\n]{{0,30}}\bnie\b
        | \b(?:извините|к сожалению|простите)\b[^.\n]{{0,40}}\bне\b|\bя не (?:могу
            |буду) (?:\w+ )?(?:помочь|выполнить|создать|написать|предоставить)
        | 抱歉|对不起|對不起|我(?:不能|无法|無法|不會|不会)(?:帮|幫|提供|协助|協助|完成|生成
            |回答|满足|滿足)|申し訳(?:ありません|ございません)|(?:お手伝い
            |対応|お答え)できません
        | 죄송|도와드릴 수 없|عذر[اًا]|آسف|لا أستطيع (?:مساعد|تقديم|تنفيذ)|माफ़? ?कीजि|क्षमा करें
            |मैं (?:इसमें|यह) [^।\n]{{0,30}}नहीं
        """
    ),
    stems=(
        *"""sorry afraid able can't can’t cannot won't won’t wont declin refus
        apolog unfortunate regret n't n’t comfortable willing rather
        prefer unethical irrespons inappropri dishonest harmful request
        something pass count blocked filtered withheld removed flagged
        provide share clarify polic programming principle values terms rules standard training goal
        violat against contrary siento
        discul lament perd puedo desculpe sinto posso dispiace spiacente
        scusa désol navr regrette peux suis saurais leid entschuld bedau
        kann spijt helaas tyvärr przykro przepra извин сожал прост могу
        буду 抱歉 对不起 對不起 我不 我无 我無 申し訳 できません 죄송 도와 عذر آسف أستطيع माफ
        क्षमा मैं""".split(),
        *("will not", "would not", "could not", "should not", "can not", "do not", "am not"),
        *("guideline", "openai", "content", "must not", "may not", "not able"),
    ),
)
EXCUSING = Phrases(
    _verbose(
        r"""
        \bas an? (?:\w+ )?(?:ai|artificial intelligence|language model|assistant)\b[^.\n]{0,80}
            (?:['’]t|\bnot|\bcannot|\bunable|\bmust|\bdecline|\bshould|\bonly)\b
        """
    ),
    stems=("as a",),
)
