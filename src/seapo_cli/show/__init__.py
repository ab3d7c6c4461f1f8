"""Rows for people: the mistake marked inside the answer, on a terminal or as plain text."""
