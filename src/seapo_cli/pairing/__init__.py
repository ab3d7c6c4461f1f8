"""What `pair` is made of: rows on disk by prompt, strategies, proportions, splits."""
