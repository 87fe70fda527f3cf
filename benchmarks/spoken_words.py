"""Voices for benchmarks.word_starts beyond those of the evaluation: single words, and espeak-ng.

KDE's game KTuberling names the things that a child drags, in many languages, each read by one
person (Debian's ktuberling-data, GPL-2+). espeak-ng reads whole sentences and says when each word
begins; its voice is synthetic, so it is measured apart (Debian's espeak-ng, GPL-3+).
"""

import ctypes
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
import torchaudio

from benchmarks.evaluation.packages import PackagesMissing, check_tools, downloaded, unpack
from benchmarks.evaluation.voices import RATE, Clip, Samples

PACKAGE = "ktuberling-data"
WORDS: Mapping[str, str] = {
    "de": "ball=Ball ear=Ohr egypt_boy=Junge egypt_girl=Mädchen egypt_man=Mann"
    " egypt_pyramid=Pyramide egypt_road=Weg egypt_sphynx=Sphinx egypt_well=Brunnen"
    " eyebrow=Augenbraue hat=Hut moon_astronaut=Astronaut moon_fallingstar=Sternschnuppe"
    " moon_hotel=Mondhotel moon_monster=Monster moon_moonwalker=Mondfahrzeug"
    " moon_planet=Planet moon_radar=Radar moon_rocket=Rakete"
    " moon_satellite=Satellit moon_sign=Schild moon_star=Stern mouth=Mund"
    " pizzeria_onion=Zwiebel pizzeria_pepperoni=Peperoni",
    "nl": "bril haar hoed mond neus oog oor oorbel snor strik stropdas wenkbrauw zonnebril",
    "pt": "bigode boca brincos cabelo chapeu=chapéu gravata laco=laço nariz oculos=óculos olho"
    " orelha sobrancelha",
    "ro": "cercel cravata=cravată gura=gură mustata=mustață nas ochelari ochi palarie=pălărie"
    " papion par=păr sprinceana=sprânceană ureche",
    "sv": "fluga glasogon=glasögon har=hår hatt mun mustasch nasa=näsa oga=öga ogonbryn=ögonbryn"
    " ora=öra orhange=örhänge rosett slips solglasogon=solglasögon",
}
"""KTuberling's words, as they are spelt; before `=` the name of the file if that is another."""

LIBRARY = "libespeak-ng.so.1"
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "cs": (
        "Dobré ráno dámy a pánové",
        "Dnes začínáme projednáváním nového návrhu",
        "Vlak do Brna dnes bohužel nejede",
        "Včera jsem napsal dlouhý dopis své sestře",
    ),
    "da": (
        "God morgen mine damer og herrer",
        "Vi begynder i dag med drøftelsen af det nye forslag",
        "Toget til Aarhus kører desværre ikke i dag",
        "I går skrev jeg et langt brev til min søster",
    ),
    "de": (
        "Guten Morgen meine Damen und Herren",
        "Wir beginnen heute mit der Besprechung des neuen Vorschlags",
        "Der Zug nach Hamburg fährt heute leider nicht",
        "Gestern habe ich meiner Schwester einen langen Brief geschrieben",
    ),
    "el": (
        "Καλημέρα κυρίες και κύριοι",
        "Σήμερα αρχίζουμε με τη συζήτηση της νέας πρότασης",
        "Το τρένο για την Αθήνα δυστυχώς δεν φεύγει",
        "Χθες έγραψα ένα μεγάλο γράμμα στην αδελφή μου",
    ),
    "es": (
        "Buenos días señoras y señores",
        "Hoy empezamos con el debate de la nueva propuesta",
        "El tren de Sevilla no sale hoy por desgracia",
        "Ayer escribí una carta larga a mi hermana",
    ),
    "fi": (
        "Hyvää huomenta hyvät naiset ja herrat",
        "Aloitamme tänään uuden ehdotuksen käsittelyllä",
        "Juna Helsinkiin ei valitettavasti lähde tänään",
        "Eilen kirjoitin pitkän kirjeen siskolleni",
    ),
    "fr": (
        "Bonjour mesdames et messieurs",
        "Nous commençons aujourd'hui par la discussion de la nouvelle proposition",
        "Le train pour Marseille ne part malheureusement pas",
        "Hier j'ai écrit une longue lettre à ma sœur",
    ),
    "hu": (
        "Jó reggelt hölgyeim és uraim",
        "Ma az új javaslat megbeszélésével kezdünk",
        "A vonat Budapestre ma sajnos nem indul",
        "Tegnap hosszú levelet írtam a nővéremnek",
    ),
    "it": (
        "Buongiorno signore e signori",
        "Oggi cominciamo con la discussione della nuova proposta",
        "Il treno per Milano purtroppo oggi non parte",
        "Ieri ho scritto una lunga lettera a mia sorella",
    ),
    "nl": (
        "Goedemorgen dames en heren",
        "Wij beginnen vandaag met de bespreking van het nieuwe voorstel",
        "De trein naar Utrecht rijdt vandaag helaas niet",
        "Gisteren heb ik een lange brief aan mijn zus geschreven",
    ),
    "pl": (
        "Dzień dobry panie i panowie",
        "Dzisiaj zaczynamy od omówienia nowego wniosku",
        "Pociąg do Krakowa niestety dzisiaj nie jedzie",
        "Wczoraj napisałem długi list do mojej siostry",
    ),
    "pt": (
        "Bom dia senhoras e senhores",
        "Começamos hoje com a discussão da nova proposta",
        "O trem para o Recife infelizmente não sai hoje",
        "Ontem escrevi uma carta longa para a minha irmã",
    ),
    "ro": (
        "Bună dimineața doamnelor și domnilor",
        "Începem astăzi cu discutarea noii propuneri",
        "Trenul spre București din păcate nu pleacă",
        "Ieri am scris o scrisoare lungă surorii mele",
    ),
    "ru": (
        "Доброе утро дамы и господа",
        "Сегодня мы начинаем с обсуждения нового предложения",
        "Поезд в Москву сегодня к сожалению не пойдёт",
        "Вчера я написал длинное письмо своей сестре",
    ),
    "sv": (
        "God morgon mina damer och herrar",
        "Vi börjar idag med diskussionen om det nya förslaget",
        "Tåget till Göteborg går tyvärr inte idag",
        "Igår skrev jag ett långt brev till min syster",
    ),
    "tr": (
        "Günaydın bayanlar ve baylar",
        "Bugün yeni önerinin görüşülmesiyle başlıyoruz",
        "Ankara treni maalesef bugün kalkmıyor",
        "Dün kız kardeşime uzun bir mektup yazdım",
    ),
    "uk": (
        "Добрий ранок пані та панове",
        "Сьогодні ми починаємо з обговорення нового проекту",
        "Поїзд до Києва на жаль сьогодні не відправиться",
        "Вчора я написав довгого листа своїй сестрі",
    ),
}
"""What espeak-ng reads, by language."""
SYNCHRONOUS = 2
"""espeak-ng's mode that returns samples instead of playing them."""
BY_CHARACTER, UTF8 = 1, 1
WORD_EVENT = 1


class Event(ctypes.Structure):
    """espeak_EVENT."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


def fetch(cache: Path) -> None:
    """Unpack KTuberling's sounds into a folder of the cache. Raises PackagesMissing."""
    if (cache / PACKAGE).exists():
        return
    check_tools()
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
        (archive,) = downloaded([PACKAGE], Path(folder))
        unpack(archive, cache / PACKAGE)


def words(packages: Path) -> Iterator[Clip]:
    """Yields KTuberling's words."""
    sounds = packages / PACKAGE / "usr/share/ktuberling/sounds"
    for language, entries in WORDS.items():
        for entry in entries.split():
            name, _, text = entry.partition("=")
            path = next((sounds / language).glob(f"{name}.*"))
            yield Clip(path, f"ktuberling-{language}", language, text or name)


class Espeak:
    """The library espeak-ng. There can be only one in a process. Raises PackagesMissing."""

    def __init__(self) -> None:
        try:
            self.library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise PackagesMissing("the Debian package espeak-ng is not installed") from error
        self.rate = self.library.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
        self.samples: list[int] = []
        self.starts: dict[int, float] = {}
        # ctypes keeps no reference to a callback.
        self.callback = Callback(self.receive)
        self.library.espeak_SetSynthCallback(self.callback)

    def receive(self, samples: object, count: int, events: object) -> int:
        """Keeps samples and the starts of words; espeak-ng calls it."""
        if samples:
            self.samples += samples[:count]  # type: ignore[index]
        number = 0
        while events[number].type:  # type: ignore[index]
            event = events[number]  # type: ignore[index]
            if event.type == WORD_EVENT:
                self.starts[event.text_position - 1] = event.audio_position / 1000
            number += 1
        return 0

    def read(self, text: str, language: str) -> tuple[Samples, list[float | None]]:
        """Returns the sentence at 16 kHz, and the second at which each of its words begins."""
        self.samples = []
        self.starts = {}
        self.library.espeak_SetVoiceByName(language.encode())
        encoded = text.encode()
        self.library.espeak_Synth(encoded, len(encoded) + 1, 0, BY_CHARACTER, 0, UTF8, None, None)
        self.library.espeak_Synchronize()

        samples = torch.tensor(self.samples, dtype=torch.float32) / 32768
        resampled = torchaudio.functional.resample(samples, self.rate, RATE)
        starts = []
        position = 0
        for word in text.split():
            position = text.index(word, position)
            starts.append(self.starts.get(position))
            position += len(word)
        return np.asarray(resampled), starts
