"""Wordings of refusals and excuses, in several languages: data for `Phrases`."""

from __future__ import annotations

from seapo_cli.text.phrases import Phrases, verbose

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
    verbose(
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
    verbose(
        r"""
        \bas an? (?:\w+ )?(?:ai|artificial intelligence|language model|assistant)\b[^.\n]{0,80}
            (?:['’]t|\bnot|\bcannot|\bunable|\bmust|\bdecline|\bshould|\bonly)\b
        """
    ),
    stems=("as a",),
)
