"""Clients of the two functions' HTTP APIs, as the commands use them."""

from local.client.chat import ChatClient
from local.client.errors import ClientError, NotSignedIn, Unreachable
from local.client.ingest import IngestClient
from local.client.transport import Event, Transport

__all__ = ["ChatClient", "ClientError", "Event", "IngestClient", "NotSignedIn", "Transport", "Unreachable"]
