"""The Lambda handler of an ASGI app."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, Literal

from sluice.streaming import buffered, function_url
from sluice.streaming.answers import CollectedAnswer, StreamedAnswer
from sluice.streaming.asgi import App, Scope
from sluice.streaming.errors import DeadlineExceeded, StartupFailed, UnknownEvent
from sluice.streaming.exchange import Exchange
from sluice.streaming.execution_environment import execution_environment
from sluice.streaming.failures import DEADLINE, INTERNAL_ERROR
from sluice.streaming.function_url import Event
from sluice.streaming.invocation import Invocation, LambdaContext, enter
from sluice.streaming.lifespan import Lifespan
from sluice.streaming.response import StreamedResponse
from sluice.streaming.supervision import TimeLimit, serve
from sluice.streaming.wire import StreamedPost

logger = logging.getLogger(__name__)

StreamingDoor = Literal["function_url", "rest_api"]
_DEFAULT_DOORS: tuple[StreamingDoor, ...] = ("function_url",)
EventHandler = Callable[[Event, LambdaContext], Awaitable[object]]


class Streaming:
    """Makes an ASGI app a Lambda handler: `handler = Streaming(app)`.

    `events` is an async function `(event, context)` for what is not an HTTP request; what it returns is the result of
    the invocation. `deadline_margin` is how many seconds before Lambda's limit the app is cancelled.

    `streams` names the doors that get a streamed answer under the streaming runtime. No event says whether its sender
    understands one: name `rest_api` where API Gateway's `ResponseTransferMode` is `STREAM`, and only there; leave
    `function_url` out where the URL's `InvokeMode` is `BUFFERED`.
    """

    def __init__(
        self,
        app: App,
        *,
        events: EventHandler | None = None,
        streams: Collection[StreamingDoor] = _DEFAULT_DOORS,
        deadline_margin: float = 2.0,
    ) -> None:
        self._app = app
        self._events = events
        self._streams = streams
        self._margin = deadline_margin
        self._lifespan = Lifespan(app)
        self._environment = execution_environment()
        self._environment.add(self._lifespan)

    def __call__(self, event: Any, context: LambdaContext) -> object:
        """Serve one invocation; raise `UnknownEvent` for an event that nothing here takes."""
        is_request = isinstance(event, dict) and isinstance(event.get("requestContext"), dict)
        streams = self._streams if StreamedResponse.supported else ()
        if is_request and "function_url" in streams and function_url.sent(event):
            request = function_url.scope(event), function_url.body(event)
            return StreamedResponse(partial(self._stream, *request, event, context))
        if is_request and (door := buffered.door(event, context)):
            if "rest_api" in streams and buffered.is_rest_api(event):
                request = buffered.scope(door, event), door.body
                return StreamedResponse(partial(self._stream, *request, event, context))
            return self._environment.run(self._collect(door, event, context))
        if self._events:
            return self._environment.run(self._handle(self._events, event, context))
        raise UnknownEvent(_explain(event))

    async def _stream(
        self, scope: Scope, body: bytes, event: Event, context: LambdaContext, post: StreamedPost
    ) -> None:
        exchange = Exchange(scope["method"], body, StreamedAnswer(post))
        post.on_gone = exchange.disconnect
        try:
            await self._serve(scope, exchange, event, context)
            if exchange.complete and not exchange.gone.done():
                await _until_taken(post, context)
        finally:
            await post.close()

    async def _collect(self, door: buffered.Door, event: Event, context: LambdaContext) -> dict[str, Any]:
        scope, answer = buffered.scope(door, event), CollectedAnswer()
        await self._serve(scope, Exchange(scope["method"], door.body, answer), event, context)
        return buffered.envelope(door, answer)

    async def _serve(self, scope: Scope, exchange: Exchange, event: Event, context: LambdaContext) -> None:
        invocation = Invocation.of(context)
        try:
            async with asyncio.timeout(TimeLimit.before(invocation.remaining_seconds, self._margin).run):
                await self._lifespan.startup()
        except (StartupFailed, TimeoutError) as error:
            logger.exception("The app did not start.")
            await exchange.fail(INTERNAL_ERROR if isinstance(error, StartupFailed) else DEADLINE, error)
            return
        enter(invocation)
        scope["state"] = self._lifespan.state.copy()
        scope["extensions"] = {"aws.lambda": invocation.as_dict()}
        scope["aws.event"], scope["aws.context"] = event, context  # Mangum's names, for apps that come from there
        await serve(self._app, scope, exchange, TimeLimit.before(invocation.remaining_seconds, self._margin))

    async def _handle(self, handle: EventHandler, event: Event, context: LambdaContext) -> object:
        invocation = Invocation.of(context)
        seconds = TimeLimit.before(invocation.remaining_seconds, self._margin).run
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._lifespan.startup()
                enter(invocation)
                return await handle(event, context)
        except TimeoutError as error:
            if not limit.expired():
                raise  # the function's own
            raise DeadlineExceeded(f"The event was still being handled {seconds:.1f} s after it came.") from error


async def _until_taken(post: StreamedPost, context: LambdaContext) -> None:
    """Wait until Lambda has taken the whole answer; give up before it ends the process over a client that does not."""
    try:
        async with asyncio.timeout(context.get_remaining_time_in_millis() / 2000):
            await post.accepted()
    except TimeoutError:
        logger.error("The client did not take its answer in time.")


def _explain(event: object) -> str:
    found = f"the keys {', '.join(sorted(event))}" if isinstance(event, dict) else type(event).__name__
    return f"This handler takes HTTP requests only, and got an event with {found}. Give it Streaming(app, events=...)."
