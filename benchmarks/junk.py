"""What injecting models write instead of a negative, for `filter_quality.py`."""

from __future__ import annotations

REFUSALS = (
    "I'm sorry, but I can't assist with that request.",
    "I cannot help with that.",
    "I’m sorry, but I can’t help you introduce errors into this text.",
    "As an AI language model, I am not able to provide false information.",
    "I apologize, but I cannot fulfill this request.",
    "I'm unable to assist with creating incorrect content.",
    "I must decline, as spreading misinformation is harmful.",
    "Sorry, I won't be able to help with that. I can’t generate misleading answers.",
    "I am afraid I cannot comply with this request.",
    "I will not produce content that contains deliberate errors.",
    "I can't rewrite this answer to be wrong. Is there something else I can do?",
    "I'm really sorry, but I will not do that.",
    "I cannot create inaccurate summaries, as this goes against my guidelines.",
    "As a large language model, I don't make mistakes on purpose.",
    "I apologise, but I am unable to continue with this task.",
)
COMMENTS = (
    ("Here is the revised answer with a factual error:\n\n", ""),
    ("Here's a modified version:\n\n", ""),
    ("Revised answer: ", ""),
    ("The rewritten response with the mistake:\n", ""),
    ("", "\n\nNote: I changed one fact to make the answer incorrect."),
    ("", "\n\n(Note: the statement above is wrong.)"),
    ("", "\n\nError: the name was replaced."),
    ("", " (incorrect)"),
    ("", "\n\nThe deliberate error is in the first sentence."),
    ("", "\n\nI introduced a logical mistake in this answer."),
    ("", "\n\nI have made the following changes: one date is different."),
    ("Incorrect answer: ", ""),
    ("Original: see above.\nModified: ", ""),
    ("", "\n\nThis statement is false."),
    ("", "\n[end of answer]"),
    ("Below is the altered text with an intentional mistake.\n\n", ""),
)
FOREIGN = (
    (
        "Die Stadt liegt an einem großen Fluss und hat viele alte Brücken.",
        "Der Bericht zeigt, dass die Zahl der Besucher im letzten Jahr gestiegen ist.",
        "Wir haben das Ergebnis mit einer zweiten Methode geprüft.",
    ),
    (
        "La ville se trouve au bord d'un grand fleuve et possède de vieux ponts.",
        "Le rapport montre que le nombre de visiteurs a augmenté l'année dernière.",
        "Nous avons vérifié le résultat avec une autre méthode.",
    ),
    (
        "La ciudad está junto a un gran río y tiene muchos puentes antiguos.",
        "El informe muestra que el número de visitantes aumentó el año pasado.",
        "Hemos comprobado el resultado con otro método de cálculo.",
    ),
    (
        "La città si trova sulle rive di un grande fiume e ha molti ponti antichi.",
        "Il rapporto mostra che il numero dei visitatori è aumentato nello scorso anno.",
    ),
    (
        "A cidade fica junto a um grande rio e tem muitas pontes antigas.",
        "O relatório mostra que o número de visitantes aumentou no ano passado.",
    ),
    (
        "De stad ligt aan een grote rivier en heeft veel oude bruggen.",
        "Het rapport laat zien dat het aantal bezoekers in het laatste jaar is gestegen.",
    ),
    (
        "Staden ligger vid en stor flod och har många gamla broar.",
        "Rapporten visar att antalet besökare har ökat under det senaste året.",
    ),
    (
        "Miasto leży nad wielką rzeką i ma wiele starych mostów.",
        "Raport pokazuje, że liczba gości wzrosła w ostatnim roku i nie jest to przypadek.",
    ),
    ("Город стоит на берегу большой реки.", "В прошлом году число гостей выросло."),
    ("这座城市位于一条大河旁边，有许多古老的桥梁。", "报告显示，去年的游客人数有所增加。"),
    ("この町は大きな川のそばにあり、古い橋がたくさんあります。", "昨年は訪問者が増えました。"),
    ("تقع المدينة على ضفاف نهر كبير.", "يظهر التقرير أن عدد الزوار قد زاد."),
    ("यह शहर एक बड़ी नदी के किनारे बसा है।", "पिछले साल आगंतुकों की संख्या बढ़ी।"),
)
