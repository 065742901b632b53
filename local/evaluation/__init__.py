"""Measures retrieval on question sets with judgements, in the layout of BEIR."""
