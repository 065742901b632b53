"""Where the laptop keeps its data and where its parts are found, unless something else is said."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
DATA = ROOT / ".sluice"

CHAT_PORT = 8000
INGEST_PORT = 8001
AWS_PORT = 9000
DATABASE_PORT = 15432

CHAT_URL = f"http://127.0.0.1:{CHAT_PORT}"
