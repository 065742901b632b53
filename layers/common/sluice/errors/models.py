"""What a model does instead of answering."""

from __future__ import annotations

from sluice.errors.base import SluiceError


class ModelUnpriced(SluiceError):
    """This model has no known price; name it in SLUICE_MODEL_PRICES, so that nobody takes it for free."""

    code = "model_unpriced"


class ModelError(SluiceError):
    """The model did not answer."""

    code = "model_error"


class ModelUnavailable(ModelError):
    """The model can't be reached; try again in a moment."""

    code = "model_unavailable"
    retryable = True


class ModelRateLimited(ModelError):
    """The model provider's rate limit is reached; try again in a moment."""

    code = "model_rate_limited"
    retryable = True


class ModelRejected(ModelError):
    """The model provider rejected the request; check the model's name and its key."""

    code = "model_rejected"


class ContextTooLong(ModelError):
    """The question and its passages do not fit into the model's context window."""

    code = "context_too_long"


class ModerationUnavailable(ModelError):
    """Nothing is answered while the moderation of this service is out of reach; try again in a moment."""

    code = "moderation_unavailable"
    retryable = True


class AnswerRefused(ModelError):
    """The model provider's content policy refused to answer."""

    code = "answer_refused"


class AnswerEmpty(ModelError):
    """The model ended without a word, which is how some refuse; word the question differently."""

    code = "answer_empty"
    retryable = True


class AnswerCutOff(ModelError):
    """The model's answer was cut off before its end."""

    code = "answer_cut_off"
    retryable = True
