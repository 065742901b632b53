"""What is masked, by its form; numbers that have a check digit, by that too.

Each kind has two patterns. `whole` finds it. `open` finds, at the end of a text, whatever may become one or may still
grow: that much has to wait for the text that follows, and is never more than `longest` characters. Edges of words are
those of ASCII, so that a text decides alike however it is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from re import Pattern

Accept = Callable[[str], int]
"""Returns how much of a candidate, from its beginning, is the thing; 0 for nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret or personal data."""

    name: str
    whole: Pattern[str]
    open: Pattern[str]
    longest: int
    accept: Accept = len

    def find(self, text: str, position: int) -> tuple[int, int] | None:
        """Return where the first one from `position` on begins and ends; what stands before it is looked at too."""
        while match := self.whole.search(text, position):
            if length := self.accept(match[0]):
                return match.start(), match.start() + length
            position = match.start() + 1
        return None


def has_luhn_digit(candidate: str) -> int:
    """Accept a number whose last digit is right by Luhn's algorithm (ISO/IEC 7812-1)."""
    digits = [int(character) for character in reversed(candidate) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return 0 if (sum(digits[::2]) + sum(doubled)) % 10 else len(candidate)


def has_iban_digits(candidate: str) -> int:
    """Accept the longest run of groups whose check digits are right (ISO 13616): words in capitals may follow."""
    while len(candidate) >= _SHORTEST_IBAN:
        plain = candidate.replace(" ", "")
        if int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1:
            return len(candidate)
        candidate = candidate.rpartition(" ")[0]
    return 0


_SHORTEST_IBAN = 15
_EDGE = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_PEM = r"(?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY-----"
_KEY_PREFIX = (
    r"(?:sk[-_]|[rp]k_live_|[rp]k_test_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AIza|AKIA|ASIA|SG\.|hf_"
    r"|npm_|pypi-|shpat_|ya29\.)"
)
_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}"


def _kind(name: str, whole: str, open_: str, longest: int, accept: Accept = len) -> Kind:
    return Kind(name, re.compile(whole), re.compile(f"(?:{open_})\\Z"), longest, accept)


_ALL = (
    _kind(
        "private_key",
        rf"-----BEGIN {_PEM}[A-Za-z0-9+/=\s\\:,]{{0,8000}}(?:-----END {_PEM})?",
        r"-----BEGIN[A-Z0-9 ]{0,60}(?:-{1,5}[A-Za-z0-9+/=\s\\:,]{0,8000}(?:-{1,5}[A-Z0-9 ]{0,60}-{0,5})?)?"
        r"|-{1,5}(?:B(?:E(?:GI?)?)?)?",
        8_200,
    ),
    _kind(
        "token",  # JSON Web Tokens (RFC 7519)
        rf"{_EDGE}eyJ[A-Za-z0-9_-]{{8,2000}}\.[A-Za-z0-9_-]{{8,4000}}(?:\.[A-Za-z0-9_-]{{0,1000}})?",
        rf"{_EDGE}(?:ey?|eyJ[A-Za-z0-9_.-]{{0,7005}})",
        7_010,
    ),
    _kind(
        "api_key",
        rf"{_EDGE}{_KEY_PREFIX}(?=[A-Za-z_-]{{0,40}}[0-9])[A-Za-z0-9_-]{{16,200}}(?:\.[A-Za-z0-9_-]{{6,200}}){{0,2}}",
        rf"{_EDGE}(?:{_KEY_PREFIX}[A-Za-z0-9_.-]{{0,602}}|[A-Za-z0-9_-]{{1,11}}\.?)",
        620,
    ),
    _kind(
        "email",
        rf"{_LOCAL}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}",
        rf"{_LOCAL}(?:@[A-Za-z0-9.-]{{0,536}})?",
        601,
    ),
    _kind(
        "iban",
        rf"{_EDGE}[A-Z]{{2}}[0-9]{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_END}",
        rf"{_EDGE}(?:[A-Z]{{1,2}}|[A-Z]{{2}}[0-9]{{1,2}}(?: ?[A-Z0-9]){{0,31}} ?)",
        67,
        has_iban_digits,
    ),
    _kind(
        "card",
        rf"{_EDGE}(?:[2-6][0-9]{{3}}([ -])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}(?:\1[0-9]{{1,3}})?"
        rf"|[2-6][0-9]{{3}}([ -])[0-9]{{6}}\2[0-9]{{4,5}}|[2-6][0-9]{{12,18}}){_END}",
        rf"{_EDGE}[2-6](?:[ -]?[0-9]){{0,18}}[ -]?",
        38,
        has_luhn_digit,
    ),
    _kind(
        "us_ssn",
        rf"(?<![A-Za-z0-9-])(?!000|666|9)[0-9]{{3}}-(?!00)[0-9]{{2}}-(?!0000)[0-9]{{4}}{_END}",
        r"(?<![A-Za-z0-9-])[0-9]{1,3}(?:-[0-9]{0,2}(?:-[0-9]{0,4})?)?",
        11,
    ),
    _kind(
        "phone",
        r"(?<![A-Za-z0-9+])\+[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])"
        rf"|{_EDGE}(?:1[-. ])?(?:\([0-9]{{3}}\) ?|[0-9]{{3}}[-.])[0-9]{{3}}[-.][0-9]{{4}}{_END}",
        r"(?<![A-Za-z0-9+])\+(?:[0-9](?:[ ().-]{0,2}[0-9]){0,14}[ ().-]{0,2})?"
        rf"|{_EDGE}(?:1[-. ]?)?\(?(?:[0-9][-. )]{{0,2}}){{0,10}}",
        48,
    ),
)

KINDS = {kind.name: kind for kind in _ALL}
SECRETS = ("private_key", "token", "api_key")
GROUPS = {"secrets": SECRETS, "personal": tuple(KINDS.keys() - set(SECRETS)), "all": tuple(KINDS)}


def chosen(names: Collection[str]) -> tuple[Kind, ...]:
    """Return the kinds of these names and of the groups among them; raise `KeyError` for a name that is neither."""
    wanted = {kind for name in names for kind in GROUPS.get(name, (name,))}
    unknown = wanted - KINDS.keys()
    if unknown:
        raise KeyError(*sorted(unknown))
    return tuple(kind for kind in _ALL if kind.name in wanted)
