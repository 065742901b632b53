"""Functions that the tests run in real execution environments."""
