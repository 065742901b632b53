"""What LiteLLM raises, in our terms; no message quotes a provider, who may quote keys and prompts."""

from __future__ import annotations

import email.utils
import time

from sluice.adapters.llm import library
from sluice.errors import (
    AnswerRefused,
    ContextTooLong,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
)


def translate(error: BaseException, model: str) -> ModelError:
    """Return the error of ours that says what `error`, raised while calling `model`, means to its reader."""
    error = getattr(error, "original_exception", None) or error
    if isinstance(error, ModelError):
        return error
    if isinstance(error, TimeoutError):
        return ModelUnavailable(f"The model {model} did not answer in time; try again in a moment.")
    exceptions = library.load().exceptions
    if isinstance(error, exceptions.ContextWindowExceededError):
        return ContextTooLong()
    if isinstance(error, exceptions.ContentPolicyViolationError):
        return AnswerRefused()
    return _by_status(getattr(error, "status_code", None), model)


def _by_status(status: object, model: str) -> ModelError:
    match status:
        case 429:
            return ModelRateLimited(f"The rate limit of the model {model} is reached; try again in a moment.")
        case 401 | 403:
            return ModelRejected(f"The provider of the model {model} refused the key; check that it is set and valid.")
        case 404:
            return ModelRejected(f"The provider does not know the model {model}; check its name.")
        case 408:
            return ModelUnavailable(f"The model {model} did not answer in time; try again in a moment.")
        case int() if 400 <= status < 500:
            return ModelRejected(f"The provider rejected the request to the model {model}; check its name and key.")
        case int():
            return ModelUnavailable(f"The model {model} can't be reached; try again in a moment.")
    return ModelError(f"The model {model} failed in an unexpected way; the log has the cause.")


def retry_after(error: BaseException | None) -> float | None:
    """Return the seconds that the provider asks to wait (RFC 9110, Retry-After), None when it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", "")).strip()
    if value.isdecimal():
        return float(value)
    date = email.utils.parsedate_tz(value) if value else None
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None
