"""Where a stage runs, if not in this process: shards in, shards out."""
