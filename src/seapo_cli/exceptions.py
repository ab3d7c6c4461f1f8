"""The error family: everything seapo raises on purpose is a `SeapoError`.

    SeapoError                 the run cannot go on
    ├── UsageError             the command line or a settings file is wrong
    │   └── InUse              another run is writing the same file
    ├── RowError               one row is bad; the others go on
    │   ├── InjectionError     no usable negative came back for this row and type
    │   │   └── Declined       ... because the model says that none should be made
    │   └── Pending            its answer comes with a later batch
    ├── BackendError           a model request failed
    │   ├── RequestRefused     ... and would fail again: a deterministic 4xx
    │   ├── Overloaded         ... because the server asked us to slow down
    │   ├── Transient          ... and may work next time
    │   ├── Unreachable        ... because nobody answers at the address
    │   ├── AskOtherwise       ... and is to be sent at once in another form
    │   └── BackendFatal       ... and every other one will too: key, model, quota
    ├── ReaderGone             whoever read stdout has closed it
    ├── NothingDone            there were rows, and none succeeded
    ├── TooManyErrors          --max-errors was reached
    ├── Unfinished             rows wait for answers to a batch
    ├── BudgetSpent            --max-cost or --max-tokens-total was reached
    └── StoreError             the request store cannot be read or written

Messages say what was wrong, where, and what to do; they never carry an API key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seapo_cli.text.safe import masked

if TYPE_CHECKING:
    from seapo_cli.completions import Request, Usage


class SeapoError(Exception):
    """Base of all errors that seapo raises on purpose; `str()` is one clear line."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))


class UsageError(SeapoError):
    """The command line, an environment variable or a settings file is wrong."""

    exit_code = 2


def unknown(kind: str, name: str, known: Iterable[str], more: str = "") -> UsageError:
    """An error for an unknown name: lists the known ones, and the one that was perhaps meant."""
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name, names, n=1)
    meant = f"did you mean {close[0]!r}? there are" if close else "take one of"
    return UsageError(f"no {kind} {name!r}: {meant} {', '.join(names)}{more}")


class InUse(UsageError):
    """Another run is writing the same file."""


class RowError(SeapoError):
    """One row cannot be read or answered; it is reported and the others go on."""


class InjectionError(RowError):
    """No usable negative came back for a row within the allowed attempts."""


class Declined(InjectionError):
    """The model declines: the type does not fit the answer, or the answer itself is wrong."""

    def __init__(self, note: str, kind: str = "type does not fit") -> None:
        super().__init__(f"declined, {kind}: {note}" if note else f"declined: {kind}")
        self.kind = kind
        self.note = note


class Pending(RowError):
    """A row waits for an answer that only a later batch brings; it has not failed."""


class BackendError(SeapoError):
    """A request to a model failed."""


class RequestRefused(BackendError):
    """The server refused this request and would refuse it again (deterministic 4xx)."""


class Overloaded(BackendError):
    """The server asked to slow down (429, 503, 529)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the server asked us to wait; None if it did not say."""


class Transient(BackendError):
    """The request failed in a way that may pass: 5xx, time-out, disconnect, broken body."""


class Unreachable(BackendError):
    """Nothing answers at the server's address."""


class AskOtherwise(BackendError):
    """The backend has learnt how the server wants to be asked: send `request` at once."""

    def __init__(self, request: Request, usage: Usage) -> None:
        super().__init__("to be asked in another form")
        self.request = request
        self.usage = usage
        """What finding out has cost."""


class BackendFatal(BackendError):
    """No request can succeed: wrong key, unknown model, quota used up."""


class TooManyErrors(SeapoError):
    """More rows failed than `--max-errors` allows."""


class ReaderGone(SeapoError):
    """Whoever read stdout has closed it, as `head` does: not a failure in itself."""


class NothingDone(SeapoError):
    """There were rows, and all of them failed."""


class Unfinished(SeapoError):
    """Rows wait for answers to batch requests; the same command goes on once they are there."""

    exit_code = 4


class BudgetSpent(SeapoError):
    """A run has spent what it may; the same command goes on."""

    exit_code = 5


class StoreError(SeapoError):
    """The request store cannot be opened, read or written (a full disk, a foreign file)."""
