"""The control words of RTF that say what is text, where it goes and how its bytes are read (specification 1.9.1)."""

from __future__ import annotations

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
SIGNS = {
    b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"par": "\n", b"line": "\n", b"sect": "\n\n", b"page": "\n\n", b"row": "\n", b"nestrow": "\n",
    b"footnote": " ", b"tab": "\t", b"cell": " | ", b"nestcell": " | ", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
SYMBOLS = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n", b"\r": "\n"}
UNSAID = frozenset({
    b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"fldinst", b"datastore", b"themedata", b"xmlnstbl",
    b"listtable", b"rsidtbl", b"listoverridetable", b"leveltext", b"levelnumbers", b"listname", b"generator",
    b"filetbl", b"revtbl", b"bkmkstart", b"bkmkend", b"latentstyles", b"pntext", b"fonttbl",
})  # fmt: skip
# Words that switch something on when they have no number.
ON = {b"v": 1, b"deleted": 1}
# Marked like a destination that older readers may skip, but shown.
STYLES = frozenset({b"cs", b"ds", b"ts"})
# Where the words of a group go that stand elsewhere than in the text.
ELSEWHERE = {
    b"title": "title", b"annotation": "remark",
    **dict.fromkeys([b"header", b"headerl", b"headerr", b"headerf"], "margin"),
    **dict.fromkeys([b"footer", b"footerl", b"footerr", b"footerf"], "margin"),
}  # fmt: skip
# Text within what is otherwise none: boxes, and what an embedded object looks like.
SHOWN_WITHIN = frozenset({b"shptxt", b"dptxbxtext", b"result"})
# The same again, for older programs.
FALLBACKS = frozenset({b"shprslt", b"nonshppict"})
CODEPAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}


def encoding_of(codepage: int) -> str:
    """Return Python's name of a code page; it may know none of this name."""
    return _NUMBERED.get(codepage, f"cp{codepage}")
