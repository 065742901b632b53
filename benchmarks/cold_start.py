"""How long does a client wait for a chat function that has to start, and how much memory does it take?

Ours is the function on the built layer. The usual packaging is the same application and the same runtime on what
`pip install --target` of the same lock file gives: no bytecode (Lambda can't write any), nothing left out, and all
libraries imported at the top. Both answer the same question: the database is a real one, the model a stub on this
machine that speaks OpenAI's protocol. A start is a new process; the request waits for it as in Lambda. The ways take
turns.

    python -m benchmarks.cold_start --runs 7
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.environments import Answer, MeasuredEnvironment
from layer_build import bytecode
from layer_build.__main__ import PYTHON
from local.postgres import Postgres
from sluice.adapters.offline.embedding import DIMENSION, NAME
from sluice.adapters.postgres.migrations import migrate
from tests.llm import upstream

ROOT = Path(__file__).resolve().parents[1]
LAYER_SOURCE = ROOT / "layers" / "common"
TREES = ROOT / ".aws-sam" / "cold-start"
QUESTION = json.dumps({"message": "How long is the river?"})
TOKEN = b'"type":"text"'
WARM_QUESTIONS = 5

# Everything at the top, as most functions have it; no priming, and the collector at work, as nobody has told it not to.
USUAL = """
import gc; gc.enable()
import boto3, fastapi, litellm, mangum, orjson, pgvector.psycopg, psycopg_pool, aws_lambda_powertools
from sluice import bootstrap
async def nothing(): pass
bootstrap.start, bootstrap.prime_snapshot = nothing, lambda: None
from functions.chat.app import handler
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of packaging, the handler's name in it, and the model that answers."""

    name: str
    tree: str
    handler: str
    model: str
    snapstart: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """One start. Times are milliseconds from the process's start, or from the restore; memory is MiB.

    `ready` is when the environment polled, before which none of its work was for the question; a restored one that is
    asked only then needs so much less.
    """

    ready: float
    first_byte: float
    first_token: float
    warm_first_byte: float
    warm_first_token: float
    peak_memory: float


WAYS = (
    Way("ours", "ours", "functions.chat.app.handler", "openai/gpt-4o"),
    Way("usual packaging", "usual", "usual.handler", "openai/gpt-4o"),
    Way("ours, offline model", "ours", "functions.chat.app.handler", "offline/extractive"),
    Way("ours, restored from a snapshot", "ours", "functions.chat.app.handler", "openai/gpt-4o", snapstart=True),
)


async def run(runs: int) -> dict[str, list[Start]]:
    python = build_trees()
    starts = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder), durable=False) as server:
        migrate(server.url(), model=NAME, dimension=DIMENSION)
        async with upstream.running() as provider:
            variables = {
                "SLUICE_DATABASE_URL": server.url(),
                "SLUICE_BUCKET": "documents",
                "SLUICE_AUTH": "none",
                "OPENAI_API_BASE": provider.base,
                "OPENAI_API_KEY": "none",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_LAMBDA_LOG_LEVEL": "CRITICAL",
                "PYTHONDONTWRITEBYTECODE": "1",  # a layer and a function's code can't be written to
            }
            for _ in range(runs):
                for way in WAYS:
                    starts[way.name].append(await start(way, python, variables, provider))
    return starts


async def start(way: Way, python: str, variables: Mapping[str, str], provider: upstream.Upstream) -> Start:
    """Start an environment, ask it a question at once, and some more when it is warm."""
    tree = TREES / way.tree
    command = [tree / "opt" / "sluice-runtime", python, "bootstrap.py"]
    own = {"_HANDLER": way.handler, "LAMBDA_TASK_ROOT": str(tree / "task"), "SLUICE_CHAT_MODEL": way.model}
    async with MeasuredEnvironment(command, {**variables, **own}, snapstart=way.snapstart) as environment:
        if way.snapstart:
            await environment.api.snapshot_taken()
        began = time.perf_counter() if way.snapstart else environment.started
        environment.api.restore()
        await environment.api.ready()
        ready = time.perf_counter()
        first = await ask(environment, provider)
        warm = [await ask_warm(environment, provider) for _ in range(WARM_QUESTIONS)]
        return Start(
            ready=1000 * (ready - began),
            first_byte=1000 * (first.first_byte - began),
            first_token=1000 * (first.first_match - began),
            warm_first_byte=median(byte for byte, _ in warm),
            warm_first_token=median(token for _, token in warm),
            peak_memory=environment.peak_memory(),
        )


async def ask(environment: MeasuredEnvironment, provider: upstream.Upstream) -> Answer:
    provider.replies.clear()  # what the title of the conversation before did not take
    provider.enqueue(upstream.chat("It is ", "long."), upstream.chat("Rivers"))
    return await environment.ask("POST", "/api/chat", body=QUESTION, until=TOKEN)


async def ask_warm(environment: MeasuredEnvironment, provider: upstream.Upstream) -> tuple[float, float]:
    """Return the milliseconds to the first byte and to the first token."""
    await environment.api.ready()
    asked = time.perf_counter()
    answer = await ask(environment, provider)
    return 1000 * (answer.first_byte - asked), 1000 * (answer.first_match - asked)


def build_trees() -> str:
    """Build both packagings anew where the locked libraries changed, and return the Python of Lambda's version."""
    python = bytecode.find_python(PYTHON)
    pip = ROOT / ".venv-sam" / "bin" / "python"
    assert python, f"there is no Python {PYTHON} on this machine"
    assert pip.exists(), "the environment of the SAM CLI is missing: make .venv-sam/.ready"
    sources = [LAYER_SOURCE / "requirements.txt", *sorted((LAYER_SOURCE / "layer_build").glob("*.py"))]
    state = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if not (TREES / "state").exists() or (TREES / "state").read_text() != state:
        shutil.rmtree(TREES, ignore_errors=True)
        install = "import pathlib, sys; from layer_build.__main__ import install; "
        install += "install(pathlib.Path('requirements.txt'), pathlib.Path(sys.argv[1]), sys.argv[2])"
        run = partial(subprocess.run, cwd=LAYER_SOURCE, check=True)
        run([pip, "-m", "layer_build", platform.machine(), TREES / "ours" / "opt"])
        run([pip, "-c", install, TREES / "usual" / "task", platform.machine()])
        (TREES / "state").write_text(state)
    refresh(TREES / "ours" / "opt" / "python", TREES / "ours")
    refresh(TREES / "usual" / "task", TREES / "usual")
    (TREES / "usual" / "task" / "usual.py").write_text(USUAL)
    for folder in (TREES / "ours" / "opt" / "python" / "sluice", TREES / "ours" / "task" / "functions"):
        compile_sources(folder, python)
    return python


def refresh(packages: Path, tree: Path) -> None:
    """Put Sluice's present code into a tree, as source."""
    without = shutil.ignore_patterns("__pycache__", "testing")
    for source, target in [
        (LAYER_SOURCE / "sluice", packages / "sluice"),
        (ROOT / "functions", tree / "task" / "functions"),
    ]:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=without)
    (tree / "opt").mkdir(exist_ok=True)
    shutil.copy2(LAYER_SOURCE / "sluice-runtime", tree / "opt")


def compile_sources(folder: Path, python: str) -> None:
    """Compile as the layer's build does."""
    paths = json.dumps(sorted(map(str, folder.rglob("*.py"))))
    subprocess.run([python, *bytecode.OPTIONS, str(folder.parents[1])], input=paths, text=True, check=True)


def summary(starts: Mapping[str, Sequence[Start]]) -> dict[str, dict[str, float]]:
    """Return the medians of each way."""
    names = [field.name for field in fields(Start)]
    return {
        way: {name: round(median(getattr(s, name) for s in all_), 1) for name in names} for way, all_ in starts.items()
    }


def write(starts: Mapping[str, Sequence[Start]], result: Mapping[str, Mapping[str, float]]) -> str:
    """Write JSON, table and plot; return the table."""
    report.write_json(
        "cold_start", {"medians": result, "runs": {way: [asdict(s) for s in a] for way, a in starts.items()}}
    )
    usual = result["usual packaging"]
    rows = [
        [
            way,
            *(f"{found[field.name]:,.0f}" for field in fields(Start)[:-1]),
            f"{found['first_byte'] / usual['first_byte']:.2f}",
            f"{found['first_token'] / usual['first_token']:.2f}",
            f"{found['peak_memory']:.0f}",
        ]
        for way, found in result.items()
    ]
    head = ["", "ready, ms", "first byte, ms", "first token, ms", "warm: first byte, ms", "warm: first token, ms"]
    head += ["first byte, x usual", "first token, x usual", "peak memory, MiB"]
    table = report.table(head, rows)
    report.replace("cold-start.md", "measured", table)
    bars = {
        way: {"first SSE byte": found["first_byte"], "first token": found["first_token"]}
        for way, found in result.items()
    }
    report.plot(report.DOCS / "cold-start.svg", "From the start of the process to the client", "ms", bars)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="starts of each way (default 5)")
    arguments = parser.parse_args()
    starts = asyncio.run(run(arguments.runs))
    print(write(starts, summary(starts)))


if __name__ == "__main__":
    main()
