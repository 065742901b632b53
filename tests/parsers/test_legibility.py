"""Text is told from what comes out of fonts that don't name their characters."""

from __future__ import annotations

import pytest

from sluice.adapters.parsers.legibility import is_legible

SENTENCE = "All human beings are born free and equal in dignity and rights"


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "Все люди рождаются свободными. " + SENTENCE,
        "Ajọ̀ àwọn ènìyàn ni a bí ní òmìnira; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba. Wọ́n ní ẹ̀bùn ti làákàyè àti ti ẹ̀rí-ọkàn",
        "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi",
        "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan",
        "Rénrén shēng ér zìyóu, zài zūnyán hé quánlì shàng yīlǜ píngděng",
        "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다",
        "すべての人間は、PDFファイルのように生れながらにして自由である",
        "كل الناس يولدون أحراراً متساوين في الكرامة والحقوق",
        "-12.5 +3.75 (4%) " * 4,
        "The total of all these pages is 12\x01",
        "",
    ],
)  # fmt: skip
def test_text_is_legible(text: str) -> None:
    """In any language, in two of them, in figures, and with a stray sign."""
    assert is_legible(text)


def shifted(text: str, by: int) -> str:
    return "".join(chr(ord(character) + by) for character in text)


@pytest.mark.parametrize(
    "text",
    [
        shifted(SENTENCE, -29),
        shifted("LINE UP", -29),
        "ɍɝɥɨɜɚɹ ɲɥɢɮɨɜɚɥɶɧɚɹ ɦɚɲɢɧɚ",
        "킜킰톁톁킰 킜킰톁톈톂킰킱",
        "\x03ϲΒϴΒ",
        "ԔϸЇΰÎΨ́ϣķgϙʆϢiϸЇԔΰÎΨ́ϣķgϙʆ",
    ],
)
def test_numbers_of_glyphs_are_not(text: str) -> None:
    """Few as they may be."""
    assert not is_legible(text)
