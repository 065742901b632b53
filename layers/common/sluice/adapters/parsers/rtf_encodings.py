"""In which encoding the bytes of an RTF are, by the names and numbers that its control words have for them."""

from __future__ import annotations

from sluice.errors import DamagedDocument

# The code pages of `\fcharset`.
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 78: "shift_jis", 79: "euc_kr", 80: "gb2312", 81: "big5", 83: "iso8859_8",
    84: "mac_arabic", 85: "mac_greek", 86: "mac_turkish", 87: "cp874", 88: "mac_latin2", 89: "mac_cyrillic",
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
# Code pages that Python knows by other names than their numbers.
_NUMBERED = {
    708: "iso8859_6", 10000: "mac_roman", 10001: "shift_jis", 10002: "big5", 10003: "euc_kr", 10004: "mac_arabic",
    10005: "iso8859_8", 10006: "mac_greek", 10007: "mac_cyrillic", 10008: "gb2312", 10010: "mac_romanian",
    10021: "cp874", 10029: "mac_latin2", 10079: "mac_iceland", 10081: "mac_turkish", 10082: "mac_croatian",
    20127: "ascii", 20866: "koi8_r", 21866: "koi8_u", 51932: "euc_jp", 51936: "gb2312", 51949: "euc_kr",
    54936: "gb18030", **{28590 + part: f"iso8859_{part}" for part in range(1, 16)},
}  # fmt: skip
CODEPAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}


def encoding_of(codepage: int) -> str:
    """Return Python's name of a code page; it may know none of this name."""
    return _NUMBERED.get(codepage, f"cp{codepage}")


def decoded(raw: bytes, charset: str, codepage: str) -> str:
    """Raise `DamagedDocument` rather than write what nobody wrote."""
    for encoding in filter(None, (charset, codepage, "cp1252")):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            if not raw.isascii():
                raise DamagedDocument(f"The RTF file is written in {encoding}, which is not known.") from None
    raise DamagedDocument("The RTF file's bytes do not fit the encoding that it declares.")


def is_utf8(body: bytes) -> bool:
    """RTF is ASCII; a file with other bytes that are all UTF-8 was written by a program that did not know."""
    if body.isascii():
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
