"""How fast the search is, at equal recall, beside the plain way of searching with pgvector; see `__main__`."""
