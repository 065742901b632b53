"""Reads documents: decides what a file is by its content and gives its text with the places where it stands."""
