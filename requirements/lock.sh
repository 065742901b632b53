#!/bin/sh
# Writes the lock files: exact versions with hashes. No addresses go in, so that any index or mirror serves them.
set -eu
compile() { .venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header "$@"; }
compile --python-version 3.11 pyproject.toml --group local --group test --group check -o requirements/dev.txt
# langchain-postgres asks for an older pgvector than ours; what it uses of it is the same in both.
overrides=requirements/overrides.txt
grep '^pgvector==' requirements/dev.txt | cut -d' ' -f1 >"$overrides"
compile --python-version 3.11 pyproject.toml --group local --group test --group bench -c requirements/dev.txt \
    --overrides "$overrides" -o requirements/bench.txt
rm "$overrides"
compile --python-version 3.13 pyproject.toml -c requirements/dev.txt -o layers/common/requirements.txt
echo aws-sam-cli | compile --python-version 3.11 - -o requirements/sam.txt
echo checkov | compile --python-version 3.11 - -o requirements/checkov.txt
echo uv | compile --python-version 3.11 - -o requirements/uv.txt
