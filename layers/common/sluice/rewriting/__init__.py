"""Follow-up questions as queries that a search understands without the conversation.

The query only finds passages; the model is given the question in the user's own words.
"""

from sluice.rewriting.carrying import carry_over
from sluice.rewriting.ellipsis import stands_alone
from sluice.rewriting.rewriter import Rewriter

__all__ = ["Rewriter", "carry_over", "stands_alone"]
