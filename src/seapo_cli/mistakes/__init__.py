"""Error types, and the modes that inject a mistake of a type into an answer.

A mode is one module with `steps`, its wording in `prompts/modes/`, and one line in `modes`.
"""
