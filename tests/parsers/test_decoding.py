"""Text in any encoding comes out right or is refused."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.decoding import decode
from sluice.errors import UnsupportedKind

RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах."
UKRAINIAN = "Всі люди народжуються вільними і рівними у своїй гідності та правах. Ґанок і їжа є."
FRENCH = "Tous les êtres humains naissent libres et égaux en dignité et en droits. Où est la forêt ? Là-bas, ça va."
GERMAN = "„Alle Menschen sind frei und gleich an Würde geboren“ – größer können Wünsche für Völker nicht sein."
POLISH = "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni."
GREEK = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα."
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
CHINESE = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。"
KOREAN = "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."
TURKISH = "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler; ışık söndü."
CZECH = "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Už týdny prší a řeka stále stoupá."
HUNGARIAN = "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az idő múlik, a tűz ég, őszre jár."
CROATIAN = (
    "Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima. Što je još važnije, svaki čovjek može."
)
ARABIC = "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق وقد وهبوا عقلا وضميرا"
HUMAN_HEBREW = "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון."
HEBREW = "העברית היא שפה שמית, ודוברים אותה בישראל. היא נכתבת מימין לשמאל, והאלפבית שלה הוא עתיק."
ALBANIAN = "Të gjithë njerëzit lindin të lirë dhe të barabartë në dinjitet dhe në të drejta."
HAITIAN = "Tout moun fèt lib, egal ego pou diyite kou wè dwa. Nou gen la rezon ak la konsyans."
# Words of two languages without a space between them, and signs of repetition.
MIXED_CHINESE = "我用Linux和Windows,他用macOS,但是人人都用Unicode文字。"
MIXED_JAPANESE = "人々は日々EUC-JPやShift_JISで書かれたファイルを読みます。"
MIXED_KOREAN = "그는 PC와 LG전자 TV를 샀다. 가격은 100만원이다."
LATVIAN = "Visi cilvēki piedzimst brīvi un vienlīdzīgi savā pašcieņā un tiesībās. Viņi ir apveltīti ar saprātu."
THAI = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ"


@pytest.mark.parametrize("text", [RUSSIAN, FRENCH, GERMAN, POLISH, GREEK, JAPANESE, CHINESE, KOREAN, THAI, "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read(text: str, encoding: str) -> None:
    """Every Unicode encoding is told apart, with a byte order mark and without."""
    text = f"{text}\n{text}"

    assert decode(text.encode(encoding)).lstrip("\ufeff") == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        (GERMAN, "cp1252"),
        ("“Smart quotes” make naïve detectors say something else — really.", "cp1252"),
        ("It was 20 °C when 12 µg of it, and 5 µL, were taken for the 1º time.", "cp1252"),
        ("Die Miete beträgt 50 €, die Kaution 100 €.", "iso8859_15"),
        ("Los precios subieron en España (3146 EUR/m²), y más en la montaña.", "cp1252"),
        ("L'œuf de poule est un œuf : les élèves achètent des œufs à la fête.", "iso8859_15"),
        (GERMAN.replace("„", "").replace("“", "").replace("–", "-"), "cp500"),
        (GERMAN.replace("„", "").replace("“", "").replace("–", "-") + " Wirklich [ja]!", "cp273"),
        ("The list [1, 2] of things costs $5; is it so? It is!", "cp037"),
        ("The list [1, 2] of things costs $5; is it so? It is!", "cp500"),
        (HUMAN_HEBREW, "cp1255"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (GREEK, "cp1253"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "cp949"),
        (THAI, "cp874"),
        (TURKISH, "cp1254"),
        (CZECH, "cp1250"),
        (CZECH, "iso8859_2"),
        (HUNGARIAN, "cp1250"),
        (CROATIAN, "iso8859_2"),
        (HUNGARIAN, "cp852"),
        (ALBANIAN, "mac_roman"),
        (HAITIAN, "cp1252"),
        (ARABIC, "cp1256"),
        (HEBREW, "cp1255"),
        (ARABIC, "iso8859_6"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "iso8859_5"),
        (RUSSIAN, "cp855"),
        (MIXED_CHINESE, "gb18030"),
        (MIXED_CHINESE, "big5"),
        (MIXED_JAPANESE, "cp932"),
        (MIXED_JAPANESE, "euc_jp"),
        (MIXED_KOREAN, "cp949"),
        (KOREAN, "johab"),
        (KOREAN, "iso2022_kr"),
        (RUSSIAN, "mac_cyrillic"),
        (FRENCH, "mac_roman"),
        (FRENCH, "cp850"),
        (UKRAINIAN, "koi8_u"),
        (UKRAINIAN, "cp1251"),
        (RUSSIAN * 20, "mac_cyrillic"),
        (HEBREW, "cp862"),
        (TURKISH, "cp857"),
        (HUNGARIAN * 20, "cp1250"),
        (FRENCH, "utf-7"),
        (RUSSIAN, "utf-7"),
        (CHINESE, "hz"),
        ("The reader’s own words, “as they are”, in a file of an old machine.", "cp1252"),
    ],
)
def test_legacy_encodings_are_read(text: str, encoding: str) -> None:
    """The encodings that old files have are told by the text that they make."""
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "body",
    [
        b"\xff" * 100_000,
        b"\xe9" * 100,
        b"\xff\xff\xff\xfe" * 100,
        "Falsches Üben".encode("mac_roman"),
        "El pingüino hizo kilómetros, y frío añoraba.".encode("mac_roman"),
    ],
    ids=["one byte", "one letter", "two bytes", "one character of a rare encoding", "signs that may be letters"],
)
def test_what_may_be_chance_is_refused(body: bytes) -> None:
    """What fills a disk is no text, and a character or two no evidence."""
    with pytest.raises(UnsupportedKind, match="save the file as UTF-8"):
        decode(body)


@pytest.mark.parametrize("declared", ['<meta charset="windows-1251">', ""])
def test_a_long_beginning_in_ascii_hides_nothing(declared: str) -> None:
    """Neither what the page says of itself nor the letters that tell its encoding."""
    page = f"<script>{'x = 1;' * 50_000}</script>\n{declared}{RUSSIAN}"

    assert decode(page.encode("cp1251")) == page


@pytest.mark.parametrize(
    "text", ["1 + 1 = 2, C++ and +49 30 123456", "a +b+ c +d+ e +f+", "x = y +abcd+efgh+ijkl", "~{not} ~} Chinese"]
)
def test_ascii_with_signs_of_escapes_is_itself(text: str) -> None:
    """A plus is mostly a plus."""
    assert decode(text.encode()) == text


def test_a_few_zeros_make_no_wide_characters() -> None:
    """Text that a program has padded is not UTF-16."""
    assert decode(b"a,b\n1,\0\n2,3\n") == "a,b\n1,\0\n2,3\n"
    assert decode(b"0000 obj <</Type /ObjStm /N 5 " * 20 + b"\0\0\x01\0") == (
        "0000 obj <</Type /ObjStm /N 5 " * 20 + "\0\0\x01"
    )


def test_a_comment_declares_nothing() -> None:
    """What stands in one is no markup."""
    page = '<!-- <meta charset="windows-1251"> --><meta charset="windows-1252">Grüße'

    assert decode(page.encode("cp1252")) == page


@pytest.mark.parametrize(
    "body",
    [
        "Übergrößenträger dürfen öfter über Brücken".encode() + b"\xff",
        "החלקים של ISO 8859 בנויים, עד כמה שאפשר, כך: קודים".encode("cp1255"),
        JAPANESE.encode("utf-16-be"),
        b"\x00\x01\x02\x03 binary \x80\x81\xfe\xff" * 40,
        bytes(range(1, 32)) * 10,
    ],
    ids=[
        "damaged UTF-8",
        "another alphabet fits as well",
        "UTF-16 without a mark or ASCII",
        "binary",
        "control characters",
    ],
)
def test_what_can_not_be_told_is_refused(body: bytes) -> None:
    """A refusal is better than a text full of wrong letters."""
    with pytest.raises(UnsupportedKind):
        decode(body)


@pytest.mark.parametrize("text", [JAPANESE, RUSSIAN])
def test_utf_7_is_read(text: str) -> None:
    """Also where all of a text is one run of it."""
    assert decode(text.encode("utf-7")) == text


@pytest.mark.parametrize(("text", "encoding"), [(GREEK, "mac_greek"), (GREEK, "cp737"), (LATVIAN, "cp775")])
def test_no_other_alphabet_takes_the_place_of_one_that_is_not_known(text: str, encoding: str) -> None:
    """A text that ends words within words, or has few of the letters that any text has, is of no known encoding."""
    with pytest.raises(UnsupportedKind):
        decode(text.encode(encoding))
