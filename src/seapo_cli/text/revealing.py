"""Wordings that give a mistake away, such as "I changed the date": data for `Phrases`.

They are wordings that answers to questions do not use otherwise.
"""

from __future__ import annotations

from seapo_cli.text.phrases import Phrases, verbose

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
    verbose(
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
