"""Short words that readers take together with the word after them, by language.

Netflix's timed text style guides ask for line breaks before conjunctions and prepositions, and for
none between an article and its noun, a pronoun and its verb, or an auxiliary and its verb
(https://partnerhelp.netflixstudios.com/hc/en-us/articles/215758617). The words are the usual ones
of those classes (ADP, AUX, CCONJ, DET, PRON and SCONJ of https://universaldependencies.org/u/pos),
without those that often end a phrase, such as "up".
"""

CONNECTIVES = {
    "en": "about after against although and around as at because before between but by during for "
    "from if in into like near nor of on or over since so than that though through to toward "
    "towards under unless until upon when where whether which while who whose with within "
    "without",
    "de": "aber als am an auf aus bei beim bevor bis da damit dass denn durch für gegen hinter im "
    "in mit nach nachdem neben obwohl oder ohne seit sobald sodass sondern sowie über um und "
    "unter vom von vor während weil wenn wie wo zu zum zur zwischen ob",
    "fr": "à après au aux avant avec car chez comme dans de depuis des dont du en entre et jusque "
    "lorsque mais ni où ou par parce pendant pour puisque quand que qui quoique sans selon si "
    "sous sur vers",
    "es": "a al ante aunque como con contra cuando de del desde donde durante e en entre hacia "
    "hasta mientras ni o para pero por porque pues que según si sin sino sobre tras u y",
    "it": "a ad agli ai al alla alle allo anche che col come con da dagli dai dal dalla de degli "
    "dei del della delle dello di dopo dove durante e ed fra in ma mentre nei nel nella nelle "
    "né o per perché però quando se senza sotto su sugli sul sulla tra verso",
    "nl": "aan achter als bij binnen boven dan dat door en hoewel in maar met na naar naast of om "
    "omdat onder op over sinds tegen tenzij terwijl tot tussen uit van voor voordat wanneer "
    "want waar zoals zonder te",
    "pt": "a à ao aos às após até com como conforme contra da das de desde do dos durante e em "
    "embora enquanto entre mas na nas nem no nos num numa o onde ou para pela pelo pois por "
    "porque quando que se sem sobre",
}
"""Conjunctions and prepositions: a line is best broken before them, and never ends with them."""

LEADING_WORDS = {
    "en": "a an the you it my your his her its our their this these those every each some any no "
    "not i he she we they am is are was were be been has have had do does did will would "
    "shall should can could may might must how what very too more most",
    "de": "der die das dem den des ein eine einem einen einer eines kein keine keinen mein meine "
    "sein seine ihr ihre unser unsere dieser diese dieses jeder jede jedes ich du er wir man "
    "nicht ist sind war waren hat haben hatte wird werden wurde kann können muss soll will "
    "sehr",
    "fr": "le la les un une ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos "
    "leur leurs je tu il elle on nous vous ils elles ne est sont était a ont avait va peut "
    "très plus",
    "es": "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra este esta estos "
    "estas ese esa yo tú él ella nosotros ellos no es son era ha han había fue puede muy más",
    "it": "il lo la i gli le un uno una mio mia suo sua nostro nostra loro questo questa questi "
    "queste io tu lui lei noi voi non è sono era ha hanno aveva può molto più",
    "nl": "de het een mijn jouw zijn haar ons onze hun deze dit die ik jij je hij zij ze wij we "
    "niet geen is was waren heeft hebben had wordt werd kan moet zal wil zeer heel",
    "pt": "o a os as um uma uns umas meu minha seu sua nosso nossa este esta esse essa eu tu ele "
    "ela nós eles não é são era há foi tem pode muito mais",
}
"""Articles, possessives, subject pronouns and auxiliaries: no line ends with them."""

TITLES = frozenset(
    {
        "dhr.",
        "dott.",
        "dr.",
        "fr.",
        "hr.",
        "m.",
        "mevr.",
        "mme.",
        "mr.",
        "mrs.",
        "ms.",
        "prof.",
        "sig.",
        "sr.",
        "sra.",
        "st.",
    }
)
"""Abbreviations before a name. Their full stop ends no sentence."""


def words_by_language(texts: dict[str, str]) -> dict[str, frozenset[str]]:
    """Returns the words of each text."""
    words_of = {}
    for language, text in texts.items():
        words = text.split()
        words_of[language] = frozenset(words)
    return words_of


CONNECTIVES_OF = words_by_language(CONNECTIVES)
LEADING_OF = words_by_language(LEADING_WORDS)


def is_connective(word: str, language: str | None) -> bool:
    """Returns whether a word in lower case is a conjunction or a preposition."""
    connectives = CONNECTIVES_OF.get(language or "", frozenset())
    return word in connectives


def leads_on(word: str, language: str | None) -> bool:
    """Returns whether a word in lower case belongs to the word after it."""
    leading = LEADING_OF.get(language or "", frozenset())
    if word in leading:
        return True
    return is_connective(word, language)
