"""Tells how well a text's letters fit one language, which is what text in the wrong encoding fails at."""

from __future__ import annotations

from collections import Counter

# The letters beyond ASCII with which a language is written (CLDR's main exemplar characters).
_LATIN = {
    "Albanian": "çë",
    "Catalan": "àçèéíïòóúü",
    "Croatian, Slovene": "čćđšž",
    "Czech": "áčďéěíňóřšťúůýž",
    "Danish, Norwegian": "æøåé",
    "Dutch": "áäèéëíïóöúü",
    "Esperanto": "ĉĝĥĵŝŭ",
    "Estonian": "äõöüšž",
    "Faroese": "áðíóúýæø",
    "French": "àâæçèéêëîïôœùûüÿ",
    "German": "äöüß",
    "Hungarian": "áéíóöőúüű",
    "Icelandic": "áéíóúýþæöð",
    "Irish": "áéíóú",
    "Italian": "àèéìîòóù",
    "Latvian": "āčēģīķļņšūž",
    "Lithuanian": "ąčęėįšųūž",
    "Maltese": "ċġħżàèìòù",
    "Polish": "ąćęłńóśźż",
    "Portuguese": "àáâãçéêíóôõúü",
    "Romanian": "ăâîșțşţ",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Sorbian": "čćěłńóřŕšśžź",
    "Spanish": "áéíñóúü",
    "Swedish, Finnish": "åäöé",
    "Turkish": "çğıi̇öşüâîû",
    "Vietnamese": "ăâđêôơưàáãèéìíòóõùúýạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "Welsh": "âêîôûŵŷáäëïöü",
}
# The letters that make up three quarters or more of any text in the script.
_COMMON = {
    "Arabic, Persian": "ابتدرسعفقكلمنهويةىکی",
    "Cyrillic": "оеаинтсрвлкмдпуі",
    "Greek": "αάεέηήιίκλμνοόπρσςτυύω",
    "Hebrew": "יוהלאבתמשרנ",
    "Thai": "านรกอเงมยลวดทตสปคบ",
}
_USUAL_SHARE = 0.75
# Signs that Unicode counts among the letters.
NO_LETTERS = frozenset("µªº")
_ALPHABETS = [(frozenset(letters), 1.0) for letters in _LATIN.values()]
_ALPHABETS += [(frozenset(letters), _USUAL_SHARE) for letters in _COMMON.values()]
_FIRST_UNJUDGED = "\u2e80"  # from here on the scripts of East Asia, which have no short alphabet


def fit(text: str) -> float:
    """Return how much of the letters beyond ASCII belongs to the one language that they fit best, 0 to 1."""
    foreign = (letter for letter in text.lower() if "\x7f" < letter < _FIRST_UNJUDGED and letter.isalpha())
    letters = Counter(letter for letter in foreign if letter not in NO_LETTERS)
    if not letters:
        return 1.0
    best = max(_share(letters, alphabet) / usual for alphabet, usual in _ALPHABETS)
    return min(1.0, best)


def _share(letters: Counter[str], alphabet: frozenset[str]) -> float:
    return sum(letters[letter] for letter in alphabet) / letters.total()
