"""The streaming engine: a bounded ordered map over rows, polite requests, a durable store."""
