"""What is said of cost follows from the templates and from the prices that are written down."""

from __future__ import annotations

import re

import pytest

from infra.cost import lines, prices
from infra.cost.__main__ import main
from infra.cost.choices import choices
from infra.cost.tables import report
from infra.cost.use import PROFILES, Profile, Use, assumptions
from infra.dashboard import TEMPLATE
from local.intrinsics import load
from local.template import Stack
from tests.deploy.conftest import ROOT

DOCS = ROOT / "docs" / "cost.md"
_DAY = r"20\d\d-\d\d-\d\d"
MARK = "<!-- made by `make cost`; a test compares -->\n"
# The conditions of infra/observability.yaml that hold in each profile.
HOLDING: dict[Profile, set[str | None]] = {
    "proxy": {None, "HasCluster", "HasProxy"},
    "pause": {None, "HasCluster"},
    "existing": {None},
}


def test_the_tables_of_the_docs_are_what_the_command_prints() -> None:
    """After a change `make cost` prints them anew."""
    assert DOCS.read_text(encoding="utf-8").partition(MARK)[2] == report(Use())


@pytest.mark.parametrize("profile", PROFILES)
def test_every_alarm_is_paid_for(profile: Profile) -> None:
    """AWS charges each metric of an alarm."""
    found = load(TEMPLATE)["Resources"].values()
    alarms = [it for it in found if it["Type"] == "AWS::CloudWatch::Alarm" and it.get("Condition") in HOLDING[profile]]

    metrics = sum(len([m for m in it["Properties"].get("Metrics", []) if "MetricStat" in m]) or 1 for it in alarms)
    assert metrics == lines.ALARM_METRICS[profile]


def test_the_endpoints_are_those_of_the_network() -> None:
    """Those of Bedrock and Textract are there only where they are called; S3's is free."""
    network = load(ROOT / "infra" / "network.yaml")["Resources"].values()
    charged = [it for it in network if it["Type"] == "AWS::EC2::VPCEndpoint" and it["Properties"].get("SubnetIds")]
    usual = [it for it in charged if it["Condition"] in {"Endpoints", "SecretsEndpoint"}]

    assert (len(usual), len(charged)) == (lines.ENDPOINTS, lines.ENDPOINTS + 3)
    assert {len(it["Properties"]["SubnetIds"]) for it in charged} == {1}, "each zone costs as much again"


def test_the_memory_is_the_functions(stack: Stack) -> None:
    """A function with more memory would cost more."""
    for name in ("ChatFunction", "IngestFunction"):
        assert stack.functions[name].memory_mb == Use().memory_megabytes


def test_a_profile_with_a_proxy_pays_for_it_and_for_a_database_that_never_sleeps() -> None:
    """8 ACU of proxy and half an ACU of Aurora, all month."""
    idle = {line.what: line.dollars for line in lines.idle(Use())}

    assert idle["RDS Proxy"] == {"proxy": pytest.approx(87.6)}
    assert idle["database"] == {"proxy": pytest.approx(43.8), "pause": pytest.approx(0.18)}


def test_twice_the_questions_cost_twice_as_much_where_they_are_charged_one_by_one() -> None:
    """The model is the plainest of them."""
    [once], [twice] = lines.answering(Use(questions=1_000)), lines.answering(Use(questions=2_000))

    assert once.dollars == pytest.approx(dict.fromkeys(PROFILES, 16.5))
    assert twice.dollars == pytest.approx(dict.fromkeys(PROFILES, 33.0))


def test_a_gateway_costs_as_much_as_five_endpoints() -> None:
    """So that the docs' advice, up to four endpoints, holds."""
    ways = {it.name: it.monthly for it in choices(Use()) if it.of == "way out"}
    gateway = ways["NAT gateway with its address"]

    assert 4 * prices.ENDPOINT.dollars * prices.HOURS < gateway <= 5 * prices.ENDPOINT.dollars * prices.HOURS


def test_the_command_takes_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """Each assumption is an option, and one profile can be asked for alone."""
    options = [part for name in assumptions() for part in (f"--{name.replace('_', '-')}", "2")]

    main([*options, "--profile", "pause"])

    printed = capsys.readouterr().out
    assert "### 2 questions, without the model" in printed
    assert "|  | arithmetic | pause |" in printed


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """--help names each option with its meaning and its default."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    words = " ".join(capsys.readouterr().out.split())
    assert all(meaning.split(";")[0] in words for _, meaning in assumptions().values()), words


def test_prices_are_unique() -> None:
    """Two lines of the table never name the same thing."""
    names = [price.what for price in prices.ALL]

    assert len(names) == len(set(names))


def test_every_price_has_a_source_and_a_day_or_says_that_it_has_none() -> None:
    """The three without are small, and told in the docs."""
    undated = {it.what for it in prices.ALL if it.source.name == "not confirmed"}

    assert undated == {"CloudWatch dashboard", "X-Ray trace", "CloudFront HTTPS request"}
    assert [it.what for it in prices.ALL if it.what not in undated and not re.fullmatch(_DAY, it.source.day)] == []
