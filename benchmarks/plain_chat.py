"""The plain way to build a RAG chat in Python: FastAPI, SQLAlchemy's asyncio, LiteLLM, one step after the other.

It embeds the question, fetches the nearest chunks, loads the history, streams the answer, and keeps the turn.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import litellm
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Mapped, mapped_column

from benchmarks.plain_pgvector import Base, Chunk

PASSAGES, HISTORY = 8, 20


class Message(Base):
    """A message of a conversation."""

    __tablename__ = "plain_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC).replace(tzinfo=None))


class Ask(BaseModel):
    message: str
    conversation_id: str


engine = create_async_engine(os.environ["PLAIN_DATABASE_URL"], pool_size=8)
session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
app = FastAPI()


@app.post("/chat")
async def chat(ask: Ask) -> StreamingResponse:
    embedding = await litellm.aembedding(model=os.environ["PLAIN_EMBEDDING_MODEL"], input=[ask.message])
    vector = embedding.data[0]["embedding"]
    async with session() as database:
        distance = Chunk.embedding.cosine_distance(vector)
        found = await database.execute(select(Chunk.content).order_by(distance).limit(PASSAGES))
        passages = "\n\n".join(row.content for row in found)
        of_conversation = Message.conversation_id == ask.conversation_id
        rows = await database.scalars(select(Message).where(of_conversation).order_by(Message.id.desc()).limit(HISTORY))
        history = [{"role": row.role, "content": row.content} for row in reversed(rows.all())]
    system = {"role": "system", "content": f"Answer from these passages:\n\n{passages}"}
    question = {"role": "user", "content": ask.message}
    return StreamingResponse(_answer(ask, [system, *history, question]), media_type="text/event-stream")


async def _answer(ask: Ask, messages: list[dict[str, str]]) -> AsyncIterator[str]:
    said: list[str] = []
    stream = await litellm.acompletion(model=os.environ["PLAIN_CHAT_MODEL"], messages=messages, stream=True)
    async for chunk in stream:
        if text := chunk.choices[0].delta.content:
            said.append(text)
            yield f"data: {json.dumps({'text': text})}\n\n"
    async with session() as database:
        turn = [("user", ask.message), ("assistant", "".join(said))]
        database.add_all(Message(conversation_id=ask.conversation_id, role=role, content=text) for role, text in turn)
        await database.commit()
    yield "data: [DONE]\n\n"
