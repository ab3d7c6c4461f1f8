"""Where a stage runs other than in this process. `shards` knows files, `ray` machines."""
