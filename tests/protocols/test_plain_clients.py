"""Our own protocol, read by curl and by a reader of server-sent events."""

from __future__ import annotations

import json
import shutil

from tests.conftest import missing
from tests.protocols.conftest import Parts, Served, node, run

KINDS = ["start", "sources", "text", "text", "citation", "done", "[DONE]"]


async def test_curl_shows_each_event_as_a_line(served: Served, parts: Parts) -> None:
    """`curl -N` and nothing else is enough to watch an answer arrive."""
    curl = shutil.which("curl")
    if curl is None:
        missing("there is no curl on this machine")
    parts.model.enqueue("They eat ", "krill [1].")
    body = json.dumps({"message": "What do blue whales eat?"})
    headers = ("-H", "content-type: application/json", "-H", f"x-api-key: {served.key}")

    output, errors, code = await run(curl, "-sSN", f"{served.address}/api/chat", *headers, "-d", body)

    assert code == 0, errors.decode()
    data = [line.removeprefix("data: ") for line in output.decode().splitlines() if line.startswith("data: ")]
    assert [line if line == "[DONE]" else json.loads(line)["type"] for line in data] == KINDS


async def test_a_plain_reader_of_events_understands_us(served: Served, parts: Parts) -> None:
    """Each event has its number, with which a reader can come back."""
    parts.model.enqueue("They eat ", "krill [1].")

    understood = await node("sse.mjs", served.address, served.key)

    assert understood == {"ids": ["1", "2", "3", "4", "5", "6", None], "types": KINDS}
