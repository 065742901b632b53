"""Models that need no key and no network: they let everything run, and say plainly what they are."""

from sluice.adapters.offline.answering import OfflineChat
from sluice.adapters.offline.embedding import OfflineEmbedder

__all__ = ["OfflineChat", "OfflineEmbedder"]
