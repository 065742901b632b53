"""What the functions did of AWS while the tests ran is what their roles allow: no call more, and no grant in vain.

Every test that runs a function in an execution environment contributes (`tests/recording`), and `test_existing.py` does
everything at least once.
"""

from __future__ import annotations

import pytest
from botocore import xform_name

from tests import recording
from tests.recording import Call
from tests.stack.calls import made
from tests.stack.cloudformation import Stack
from tests.stack.conftest import PROFILES, Deploy
from tests.stack.needs import UNSEEN, Needs
from tests.stack.policies import allowed, fits, granted

pytestmark = pytest.mark.last

# What the source calls by another name than that of the operation that is signed.
SIGNED = {
    ("s3", "generate_presigned_post"): ("s3", "put_object"),
    ("s3", "generate_presigned_url"): ("s3", "get_object"),
    ("s3", "generate_presigned_url get_object"): ("s3", "get_object"),
    ("rds", "generate_db_auth_token"): ("rds-db", "connect"),
}


@pytest.fixture(scope="module")
def everything(deploy: Deploy) -> Stack:
    """The stack with all that an operator can ask for."""
    return deploy(**PROFILES["everything"])


@pytest.fixture
def seen() -> set[Call]:
    """What the functions were seen to do. An event may name a bucket of somebody's, which no role opens."""
    calls = {call for call in recording.calls() if call.function.startswith("functions.")}
    found = {call for call in calls if call.service != "s3" or call.on}
    if not found:
        pytest.skip(
            "no function has called AWS in this run, so that nothing can be judged: `make test ARGS=tests/stack`"
        )
    return found


@pytest.fixture
def everything_seen(seen: set[Call], request: pytest.FixtureRequest) -> set[Call]:
    """The same, where this run has made the functions do all that they can."""
    if not any(item.path.name == "test_existing.py" for item in request.session.items):
        pytest.skip("what was not seen in this run may be done all the same: `make test ARGS=tests/stack`")
    return seen


def test_every_call_that_was_seen_is_allowed(everything: Stack, seen: set[Call]) -> None:
    """For the role of the function that made it, on the resource that it was made on."""
    needs = Needs(everything)

    refused = [
        (call, grant) for call in seen for grant in needs.of(call) if not allowed(everything, needs.role(call), *grant)
    ]
    assert refused == []


def test_every_grant_was_seen_in_use(everything: Stack, everything_seen: set[Call]) -> None:
    """Or stands on the list of those that no test can see; what is on that list and was seen comes off it."""
    needs = Needs(everything)
    used = {(needs.role(call), *grant) for call in everything_seen for grant in needs.of(call)}
    roles = {needs.role(call) for call in everything_seen}

    unused = {
        (action, pattern)
        for role in roles
        for action, pattern in granted(everything, role)
        if not any((role, action) == it[:2] and fits(pattern, it[2]) for it in used)
    }
    assert roles == {"Access/ChatRole", "Access/IngestRole", "Access/MigrateRole"}
    assert unused == UNSEEN


def test_every_call_in_the_source_was_seen(everything_seen: set[Call]) -> None:
    """None hides where no test makes a function go."""
    done = {(call.service, xform_name(call.operation)) for call in everything_seen}

    assert {SIGNED.get(call, call) for call in made()} - done == set()
