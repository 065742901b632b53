"""The bill as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from infra.cost import lines, prices
from infra.cost.choices import choices
from infra.cost.lines import Line
from infra.cost.use import PROFILES, Profile, Use, assumptions


def report(use: Use, profiles: Sequence[Profile] = PROFILES) -> str:
    """Return every table for this use."""
    asked, came = f"{use.questions:,.0f} questions", f"{use.documents:,.0f} documents"
    idle, asking = [*lines.idle(use)], [*lines.asking(use)]
    model, ingesting = [*lines.answering(use)], [*lines.ingesting(use)]
    parts = [
        f"US dollars a month, list prices of {prices.REGION}, without free tiers; prices and sources are below.",
        _section("Together", _summary(idle, asking, model, ingesting, profiles, asked, came)),
        _section("Idle: a month in which nobody asks", _bill(idle, profiles)),
        _section(f"{asked}, without the model", _bill(asking, profiles)),
        _section(f"{asked}: the model", _bill(model, profiles)),
        _section(f"{came}", _bill(ingesting, profiles)),
        _section("Choices", _choices(use)),
        _section("Prices", _prices()),
        _section("Assumptions", _assumptions(use)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, rows: Iterable[str]) -> str:
    return "\n".join([f"### {title}", "", *rows])


def _summary(
    idle: Sequence[Line],
    asking: Sequence[Line],
    model: Sequence[Line],
    ingesting: Sequence[Line],
    profiles: Sequence[Profile],
    asked: str,
    came: str,
) -> Iterator[str]:
    yield from _head("", *profiles)
    yield _row("idle", *_sums(idle, profiles))
    yield _row(asked, *_sums(asking, profiles))
    yield _row(f"model of {asked}", *_sums(model, profiles))
    yield _row(came, *_sums(ingesting, profiles))
    everything = [*idle, *asking, *model, *ingesting]
    yield _row("**together**", *(f"**{it}**" for it in _sums(everything, profiles)))


def _bill(bill: Sequence[Line], profiles: Sequence[Profile]) -> Iterator[str]:
    yield from _head("", "arithmetic", *profiles)
    for line in bill:
        yield _row(line.what, line.arithmetic, *(_dollars(line.dollars.get(profile)) for profile in profiles))
    if len(bill) > 1:
        yield _row("**sum**", "", *(f"**{it}**" for it in _sums(bill, profiles)))


def _choices(use: Use) -> Iterator[str]:
    yield from _head("choice", "a month", f"{use.questions:,.0f} questions", "remark")
    for it in choices(use):
        yield _row(f"{it.of}: {it.name}", _dollars(it.monthly), _dollars(it.asked), it.remark)


def _prices() -> Iterator[str]:
    yield from _head("price", "US dollars", "per", "remark", "from", "day")
    for price in prices.ALL:
        dollars = f"{price.dollars:.10f}".rstrip("0").rstrip(".")
        yield _row(price.what, dollars, price.unit, price.note, price.source.name, price.source.day or "–")


def _assumptions(use: Use) -> Iterator[str]:
    yield from _head("option", "value", "meaning")
    for name, (_, meaning) in assumptions().items():
        yield _row(f"`--{name.replace('_', '-')}`", f"{getattr(use, name):,g}", meaning)


def _sums(bill: Iterable[Line], profiles: Sequence[Profile]) -> list[str]:
    bill = list(bill)
    return [_dollars(sum(line.dollars.get(profile, 0.0) for line in bill)) for profile in profiles]


def _dollars(amount: float | None) -> str:
    if amount is None:
        return "–"
    return "< 0.01" if 0 < amount < 0.005 else f"{amount:,.2f}"


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
