"""The app of `doors.py` behind Mangum, which `Streaming` is compared with."""

from __future__ import annotations

from mangum import Mangum

from tests.streaming.apps.doors import app

handler = Mangum(app, lifespan="off")
