"""Where the laptop keeps its data and where its parts are found, unless something else is said."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
USUAL_DATA = ROOT / ".sluice"
# A variable tells every command of a shell, and `make`, which laptop is meant.
DATA_VARIABLE = "SLUICE_DATA"
DATA = Path(os.environ.get(DATA_VARIABLE) or USUAL_DATA).expanduser().absolute()

CHAT_PORT = 8000
INGEST_PORT = 8001
AWS_PORT = 9000
DATABASE_PORT = 15432

CHAT_URL = f"http://127.0.0.1:{CHAT_PORT}"
