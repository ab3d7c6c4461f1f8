"""Menu mode: places and ready replacements, for models too small to write a mistake."""
