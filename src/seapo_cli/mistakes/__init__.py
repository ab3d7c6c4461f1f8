"""Error types, and the ways to put a mistake into an answer: `modes` lists them."""
