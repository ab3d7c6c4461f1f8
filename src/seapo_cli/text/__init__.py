"""What is known of a text, each thing once."""
