"""Every option, defined once: one module per stage or shared part; imports nothing heavy.

    from seapo_cli.options import InjectSettings

`option` defines what an option is and validates values; these classes list the options themselves.
"""

from __future__ import annotations

from seapo_cli.options.filter import FilterFiles, FilterSettings
from seapo_cli.options.inject import InjectSettings, ProfileSettings
from seapo_cli.options.loss import LossSettings
from seapo_cli.options.model import (
    BackendSettings,
    EngineSettings,
    StoreSettings,
    VllmSettings,
    default_store_path,
)
from seapo_cli.options.option import Settings
from seapo_cli.options.others import (
    AuditSettings,
    DoctorSettings,
    EvalSettings,
    ReportSettings,
    ServeSettings,
    ShowSettings,
)
from seapo_cli.options.pair import PairFiles, PairSettings
from seapo_cli.options.push import PushSettings
from seapo_cli.options.review import ReviewExportSettings, ReviewFiles, ReviewImportSettings
from seapo_cli.options.rows import RowFiles
from seapo_cli.options.run import RunSettings
from seapo_cli.options.runner import RunnerSettings
from seapo_cli.options.sample import SampleSettings
from seapo_cli.options.train import TokenSettings, TrainInputs, TrainSettings

__all__ = [
    "AuditSettings",
    "BackendSettings",
    "DoctorSettings",
    "EngineSettings",
    "EvalSettings",
    "FilterFiles",
    "FilterSettings",
    "InjectSettings",
    "LossSettings",
    "PairFiles",
    "PairSettings",
    "ProfileSettings",
    "PushSettings",
    "ReportSettings",
    "ReviewExportSettings",
    "ReviewFiles",
    "ReviewImportSettings",
    "RowFiles",
    "RunSettings",
    "RunnerSettings",
    "SampleSettings",
    "ServeSettings",
    "Settings",
    "ShowSettings",
    "StoreSettings",
    "TokenSettings",
    "TrainInputs",
    "TrainSettings",
    "VllmSettings",
    "default_store_path",
]
