"""The errors that this package raises.

StreamingError
├── StartupFailed      the app's lifespan did not start; tried again at the next invocation
├── UnknownEvent       an event that no front door and no `events` function takes
├── AnswerIncomplete   the app returned before its answer was complete
├── AppExited          the app raised SystemExit or KeyboardInterrupt in a request
├── DeadlineExceeded   the app was stopped because the invocation's time runs out
├── Terminated         the app was stopped because the environment ends
└── ClientGone         an OSError: nobody is there to read the answer any more
"""

from __future__ import annotations


class StreamingError(Exception):
    """Something went wrong between Lambda and the app."""


class StartupFailed(StreamingError):
    """The app reported that its lifespan startup failed."""


class UnknownEvent(StreamingError):
    """The event is not an HTTP request, and nothing was given to handle others."""


class AnswerIncomplete(StreamingError):
    """The app returned before its answer was complete."""


class AppExited(StreamingError):
    """The app wanted to end the process, which serves other requests after this one."""


class DeadlineExceeded(StreamingError):
    """The invocation's time ran out before the app was through."""


class Terminated(StreamingError):
    """The execution environment was told to end."""


class ClientGone(StreamingError, OSError):
    """The connection on which the answer went out is closed."""
