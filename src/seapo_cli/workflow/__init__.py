"""Stages from one file: which there are, what made their outputs, and what is to run again."""
