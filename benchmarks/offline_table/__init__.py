"""Makes the table of the offline embedder; see `__main__`."""
