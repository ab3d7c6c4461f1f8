"""Starting one process for each device, as torchrun does, without its wall of text."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from seapo_cli.options import TrainSettings


def launch(settings: TrainSettings, file: Path) -> int:
    """Run the training program `procs` times on this node and wait; returns the exit code."""
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    # A process that failed has reported why; the launcher would repeat it, at length.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // settings.procs)))
    config = LaunchConfig(
        min_nodes=settings.nodes,
        max_nodes=settings.nodes,
        nproc_per_node=settings.procs,
        run_id="seapo",
        rdzv_backend="c10d",
        rdzv_endpoint=settings.rendezvous or "localhost:0",
        max_restarts=0,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "seapo_cli.training", str(file))
    except ChildFailedError as error:
        code: int = error.get_first_failure()[1].exitcode
        return max(1, code)
    except (SignalException, KeyboardInterrupt):
        return 130
    return 0
