"""The route of feedback."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from functions.chat.dependencies import TheCaller, TheFeedback, paced
from functions.chat.dependencies import caller as signed_in
from functions.chat.schemas import Request

router = APIRouter(dependencies=[Depends(signed_in)])


class FeedbackRequest(Request):
    """`rating` is 1 for an answer that helped and -1 for one that did not."""

    rating: Literal[1, -1]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] | None = Field(default=None)


@router.post("/api/messages/{message_id}/feedback", status_code=204, dependencies=[Depends(paced)])
async def rate(message_id: UUID, body: FeedbackRequest, caller: TheCaller, feedback: TheFeedback) -> Response:
    """Keep what the reader thinks of an answer, in place of what was said before."""
    await feedback.rate(caller, message_id, body.rating, body.comment or None)
    return Response(status_code=204)
