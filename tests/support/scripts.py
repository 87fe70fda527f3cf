"""Texts in many scripts, and where cutting them would part what a reader takes for one thing."""

import re
import unicodedata

import regex
from hypothesis import strategies as st

PHRASES = [
    "今天我们来讨论一下OpenAI和Google都在做的事情，",
    "到底有什么3.5亿美元的不同？",
    "我说“你好。”然后走了。",
    "在這個問題上，我們應該繼續討論「非常重要」的結論。",
    "今日はGoogleとOpenAIのニュースを、ちょっと詳しくお伝えします。",
    "「コンピューター」って、すごいですよね？",
    "วันนี้เราจะมาพูดคุยเกี่ยวกับเรื่องของGoogle",
    "ที่กำลังทำอยู่ ๆ 1,250 บาท น้ำ",
    "오늘은 인공지능에 대해서 이야기해 보겠습니다.",
    "ຂ້ອຍຊື່ວ່ານ້ຳ",
    "ខ្ញុំចង់ទៅផ្សារដើម្បីទិញបន្លែ",
    "မြန်မာနိုင်ငံသည်",
    "བོད་ཀྱི་སྐད་ཡིག་ནི་ཧ་ཅང་གལ་ཆེན་པོ་ཡིན་ནོ།",
    "क्षमा कीजिए, यह संस्कृत है।",
    "Is it 10,000.50 or Zoë’s “naïve” cafe\u0301?",
    "Bonjour ! « Ça va ? »",
    "👨‍👩‍👧‍👦🇩🇪",
]
LANGUAGES = [None, "en", "ja", "ko", "lo", "th", "yue", "zh"]

letters = st.sampled_from(
    "aZé你好們のカーっ가ภาที่ำเໂນ້ຳកខ្មြမာ်བ་क्ष9๙１Ａ\u0301\u200d\u200b。、「」“”…，！.,'\"(-— \u3000"
)
any_texts = st.text(letters, max_size=150) | st.lists(st.sampled_from(PHRASES), max_size=8).map(
    " ".join
)
phrase_texts = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=8).map("".join)

CLOSING = set("。、，！？：」”’…་།।.,!?)ーっょๆำาະາຳ")
LATIN_WORD = re.compile(r"[^\W_]+")
CLUSTER = regex.compile(r"\X")


def cuts_of(text: str, parts: list[str]) -> list[int]:
    """Returns the positions in the text at which the parts after the first begin.

    White space between the parts may be missing, or be other white space than in the text.
    """
    cuts = []
    position = 0
    for part in parts:
        for character in part:
            if character.isspace():
                continue
            while text[position].isspace():
                position += 1
            assert text[position] == character
            position += 1
        cuts.append(position)
    assert not text[position:].strip()
    return cuts[:-1]


def inside_clusters(text: str) -> set[int]:
    """Returns the positions inside a grapheme cluster, as the library `regex` finds them."""
    inside: set[int] = set()
    for cluster in CLUSTER.finditer(text):
        inside.update(range(cluster.start() + 1, cluster.end()))
    return inside


def is_latin(character: str) -> bool:
    """Returns whether it is a Latin letter or a digit, of any width."""
    name = unicodedata.name(character, "")
    return character.isdecimal() or "LATIN" in name


def latin_words(text: str) -> list[tuple[int, int]]:
    """Returns where each word of Latin letters and digits starts and ends."""
    words = []
    for found in LATIN_WORD.finditer(text):
        start = found.start()
        for end in range(found.start(), found.end() + 1):
            if end == found.end() or not is_latin(text[end]):
                if end > start:
                    words.append((start, end))
                start = end + 1
    return words
