"""What each stage does to a row."""
