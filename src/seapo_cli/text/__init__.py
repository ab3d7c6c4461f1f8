"""Text analysis, with one module for each topic."""
