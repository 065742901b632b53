"""The control words of RTF that say what is text and where it goes (specification 1.9.1)."""

from __future__ import annotations

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
