"""What LiteLLM raises, in our terms; no message quotes a provider, who may quote keys and prompts."""

from __future__ import annotations

import email.utils
import math
import time
from http import HTTPStatus

from sluice.adapters.llm import library
from sluice.errors import (
    AnswerRefused,
    ContextTooLong,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
)

# How OpenAI, with the status of a rate limit, and Anthropic say that waiting will not help.
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "credit balance is too low")


def translate(error: BaseException, model: str) -> ModelError:
    """Return the error of ours that says what `error`, raised while calling `model`, means to its reader.

    It says when to come back too, where the provider does.
    """
    ours = _meaning(error, model)
    if ours.retry_after is None:
        ours.retry_after = retry_after(error)
    return ours


def _meaning(error: BaseException, model: str) -> ModelError:
    if ours := _raised_by_us(error):
        return ours
    if isinstance(error, TimeoutError):
        return ModelUnavailable(f"The model {model} did not answer in time; try again in a moment.")
    litellm = library.load()
    error = _original(error)
    if isinstance(error, litellm.exceptions.ContextWindowExceededError):
        return ContextTooLong()
    if isinstance(error, litellm.exceptions.ContentPolicyViolationError):
        return AnswerRefused()
    if any(words in str(error) for words in _NO_CREDIT):
        return ModelRejected(
            f"The account at the provider of the model {model} has no credit left; look at its billing."
        )
    status = getattr(error, "status_code", None)
    # OpenAI's client misses a key before it asks, which LiteLLM takes for a failing server.
    if status == HTTPStatus.UNAUTHORIZED or "Missing credentials" in str(error):
        missing = " and ".join(litellm.validate_environment(model)["missing_keys"])
        return _by_status(HTTPStatus.UNAUTHORIZED, model) if not missing else _lacking(missing, model)
    return _by_status(status, model)


def _lacking(variables: str, model: str) -> ModelRejected:
    return ModelRejected(f"The model {model} needs a key; set {variables}.")


def _original(error: BaseException) -> BaseException:
    """Return what the provider's client raised: LiteLLM takes some failures of a server for bad requests."""
    return getattr(error, "original_exception", None) or error


def _raised_by_us(error: BaseException | None) -> ModelError | None:
    """Find what an offline model raised: LiteLLM wraps it, at times more than once."""
    while error is not None and not isinstance(error, ModelError):
        error = error.__cause__ or error.__context__
    return error


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
    return ModelError(f"The model {model} failed in an unexpected way; the log names the cause.")


def retry_after(error: BaseException | None) -> float | None:
    """Return the seconds that the provider asks to wait (RFC 9110, Retry-After), None when it does not say."""
    headers = getattr(error, "litellm_response_headers", None) or getattr(
        getattr(error, "response", None), "headers", {}
    )
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:  # OpenAI's, and finer
        return milliseconds / 1_000
    value = headers.get("retry-after")
    seconds = _number(value)
    return _until(str(value)) if seconds is None and value else seconds


def is_about_texts(error: ModelError) -> bool:
    """Whether the provider refused what it was given, rather than who gives it: fewer or shorter texts may pass."""
    status = getattr(_original(error.__cause__), "status_code", None) if error.__cause__ else None
    refused = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
    return isinstance(error, ContextTooLong) or status in refused


def _number(value: object) -> float | None:
    """Read a number of no sign; None for anything else."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def _until(date: str) -> float | None:
    """Return the seconds from now until a date of HTTP, not less than 0; None for anything else."""
    try:
        return max(0.0, email.utils.parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
