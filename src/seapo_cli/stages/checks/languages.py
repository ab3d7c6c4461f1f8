"""The most frequent function words of European languages in Latin script.

Words that two of them share tell nothing where the other has as many hits.
"""

from __future__ import annotations

_TABLE = """
English: the of and to in is that it was for on are as with his they at be this have from or had
    by not but what all were we when your can said there use an each which she do how their if
    will who has its been would about into than them these so some her him could my
German: der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es
    an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum
    war haben nur oder aber vor zur bis mehr durch man ich wir
French: de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il
    sont avec ou son lui mais comme on nous vous cette ses aux être fait été leur sans elle ces
    très
Spanish: de la que el en y a los se del las un por con no una su para es al lo como más o pero sus
    le ha me si sin sobre este ya entre cuando todo esta ser son dos también fue había era muy
    hasta desde está
Italian: di e il la che in a per un del è non una della con i si le da sono al dei come più nel lo
    gli ha alla anche ma ed delle su questo dal loro essere stato suo sua degli nella ai era
Portuguese: de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi
    ao ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso
    são
Dutch: de van een het en in is dat op te zijn met voor die niet aan er om ook als dan maar bij
    wordt uit door over nog naar heeft hij ze wel deze of geen worden werd kan meer was ik we
Swedish: och i att det som en på är av för med till den har de inte om ett han var men jag sig
    från vi så kan när man hade ut hon nu eller under vara efter över
Danish: og i at det er en til på som af for med den de der har ikke et han var men jeg sig fra vi
    så kan når ud hun nu eller være efter over blev
Polish: a i w na z do nie się jest to że o jak ale po co tak za od go tym czy już jego jej ma był
    była przez są przed lub przy być dla która który tego ten ta te tej nad pod bez może bardzo
    tylko też oraz jako gdy
Turkish: ve bir bu da de için ile olarak çok daha olan en gibi ne kadar sonra var ama o her değil
    ise ya olduğu olduğunu veya
Indonesian: yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada
    adalah oleh mereka bisa sebagai atau kami telah
"""


def _read(table: str) -> dict[str, frozenset[str]]:
    found: dict[str, list[str]] = {}
    for word in table.split():
        if word.endswith(":"):
            found[word[:-1]] = words = []
        else:
            words.append(word)
    return {name: frozenset(words) for name, words in found.items()}


FUNCTION_WORDS = _read(_TABLE)
NAMES = (*FUNCTION_WORDS, "Chinese", "Mandarin", "Japanese", "Korean", "Russian", "Hindi", "Arabic")
