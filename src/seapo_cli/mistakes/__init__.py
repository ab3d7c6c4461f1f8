"""Error types, and the modes that put a mistake of one into an answer.

A mode is one module with `steps`, its wording in `prompts/modes/`, and one line in `modes`.
"""
