"""The chat function's API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from local.client.transport import Event, Transport


@dataclass(frozen=True, slots=True)
class Ask:
    """A question; what is None is left to the server."""

    text: str
    conversation: str | None = None
    collection: str | None = None
    model: str | None = None
    filter: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        fields = {
            "conversation_id": self.conversation,
            "collection": self.collection,
            "model": self.model,
            "filter": self.filter,
        }
        return {"message": self.text, **{name: value for name, value in fields.items() if value}}


class ChatClient(Transport):
    """Asks, searches, and keeps conversations. Every call raises `ClientError`."""

    async def ask(self, question: Ask) -> AsyncGenerator[Event, None]:
        """Yield the events of an answer; raise `ClientError` when it breaks off before its end."""
        async for event in self.events("POST", "/api/chat", json=question.body()):
            yield event

    async def search(
        self, query: str, *, limit: int, collection: str | None, where: dict[str, Any] | None = None
    ) -> list[Event]:
        """Return the passages that fit, best first; `where` is a filter as the API takes it."""
        narrowed = {"collection": collection, "filter": where}
        body = {"query": query, "limit": limit, **{name: value for name, value in narrowed.items() if value}}
        results: list[Event] = (await self.json("POST", "/api/search", body=body))["results"]
        return results

    async def conversations(self, *, search: str | None, limit: int) -> list[Event]:
        """Return conversations without their messages, last used first."""
        query = {"limit": str(limit), **({"search": search} if search else {})}
        found: list[Event] = (await self.json("GET", "/api/conversations", query=query))["conversations"]
        return found

    async def conversation(self, conversation: str) -> Event:
        """Return a conversation with all its branches."""
        found: Event = await self.json("GET", f"/api/conversations/{conversation}")
        return found

    async def rename(self, conversation: str, title: str) -> None:
        """Change a conversation's title."""
        await self.json("PATCH", f"/api/conversations/{conversation}", body={"title": title})

    async def delete(self, conversation: str) -> None:
        """Delete a conversation with all its messages."""
        await self.json("DELETE", f"/api/conversations/{conversation}")

    async def stop(self, conversation: str) -> None:
        """End the answers of a conversation that are being made."""
        await self.json("POST", f"/api/conversations/{conversation}/stop")

    async def usage(self, *, days: int) -> Event:
        """Return what was used and what is left, with the figures of each of the last `days` days."""
        usage: Event = await self.json("GET", "/api/usage", query={"days": str(days)})
        return usage

    async def page_config(self) -> dict[str, Any]:
        """Return what the server tells front ends: where documents go, and how to sign in."""
        config: dict[str, Any] = await self.json("GET", "/config.json")
        return config
