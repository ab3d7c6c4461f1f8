"""Files in, a report out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from seapo_cli.exceptions import ReaderGone, SeapoError
from seapo_cli.io.jsonl import Output
from seapo_cli.io.same_files import reads, refuse_equal, writes
from seapo_cli.io.whole_files import shown, whole_folder
from seapo_cli.report.audits import audits
from seapo_cli.report.evaluations import evaluations
from seapo_cli.report.inputs import Inputs, read
from seapo_cli.report.listing import listing
from seapo_cli.report.measures import measure
from seapo_cli.report.overview import Prices, overview
from seapo_cli.report.page import page
from seapo_cli.report.plots import png
from seapo_cli.report.sections import Section
from seapo_cli.report.training import training


@dataclass(frozen=True, slots=True)
class Job:
    """What a report is made of, and where it goes."""

    names: Sequence[str]
    output: str | None
    """The HTML file; None for figures alone."""
    pictures: Path | None = None
    """A folder for figures as PNG."""
    title: str = "seapo report"
    most: int = 10_000
    """Rows that are shown."""
    prices: Prices = field(default_factory=Prices)

    def run(self) -> Inputs:
        """Make it; returns what was read.

        Raises:
            UsageError: a file cannot be opened or shown, or is another one of this run.
            SeapoError: it cannot be written.
        """
        inputs_at, output = reads("", self.names), writes("-o", self.output)
        refuse_equal(inputs_at, output)
        inputs = read(self.names, self.most)
        rows = [(entry, measure(entry)) for entry in inputs.rows.entries()]
        pairs = [measured for _, measured in rows if measured]
        found = [
            overview(inputs, pairs, self.prices),
            audits(inputs.audits),
            training(inputs.metrics),
            evaluations(inputs),
        ]
        sections = [section for section in found if section]
        if self.pictures:
            names = [figure.name for section in sections for figure in section.figures]
            pictures = [self.pictures / f"{name}.png" for name in names]
            refuse_equal(
                [*inputs_at, *output], [place for at in pictures for place in writes("--png", at)]
            )
            _write_pictures(sections, self.pictures)
        if self.output is not None:
            with suppress(ReaderGone), Output(self.output, "-o") as file:
                for part in page(self.title, sections, listing(rows) if rows else None):
                    file.write(part)
        return inputs


def _write_pictures(sections: Sequence[Section], folder: Path) -> None:
    try:
        with whole_folder(folder) as part:
            for section in sections:
                for figure in section.figures:
                    (part / f"{figure.name}.png").write_bytes(png(figure))
    except OSError as error:
        raise SeapoError(f"--png {shown(folder)}: cannot write: {error.strerror}") from None
