"""The study: does training on typed mistakes teach anything? docs/study.md tells it."""
