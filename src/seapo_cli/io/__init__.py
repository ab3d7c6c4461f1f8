"""Files and streams: rows in, whole files out."""
