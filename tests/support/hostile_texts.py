"""Words and names that try to leave their place: markup, formulas, directions, great lengths."""

SCRIPT = "<script>window.attacked=true</script>"
IMAGE = "<img src=x onerror=window.attacked=true>"
ATTRIBUTE = "\" autofocus onfocus='window.attacked=true' x=\""
LINK = "javascript:window.attacked=true"
TEMPLATE = "${window.attacked=true}{{constructor.constructor('window.attacked=true')()}}"
FORMULA = "=cmd|'/C calc'!A0"
OVERRIDE = "\u202egnp.exe\u202c"
ISOLATE = "\u2067right-to-left without an end"
LONG = "a" * 10_000
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ACCENTS = "Z" + "\u0301" * 60
ARABIC = "مرحبا"
HEBREW = "שָׁלוֹם"
THAI = "สวัสดี"
ENTITY = "&lt;b&gt;&amp;"
QUOTES = 'O\'Brien "Bob" <bob@example.com>'
BLANK = "\u00a0\u3000"

HOSTILE = (
    SCRIPT,
    IMAGE,
    ATTRIBUTE,
    LINK,
    TEMPLATE,
    FORMULA,
    OVERRIDE,
    ISOLATE,
    LONG,
    FAMILY,
    ACCENTS,
    ARABIC,
    HEBREW,
    THAI,
    ENTITY,
    QUOTES,
)
"""Each is shown as it is, and runs nothing. `window.attacked` says that one ran."""
HOSTILE_WORDS = tuple(text.replace(" ", "\u00a0") for text in HOSTILE)
"""The same without spaces: a word has none."""
