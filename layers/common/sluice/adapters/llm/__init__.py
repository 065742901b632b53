"""Language and embedding models of any provider, through LiteLLM; nothing else of Sluice imports it."""

from sluice.adapters.llm.chat import LiteLLMChat
from sluice.adapters.llm.embedding import LiteLLMEmbedder

__all__ = ["LiteLLMChat", "LiteLLMEmbedder"]
