"""Plain data over pipes: frames of JSON, and Python's own plain types within them.

The other end may be hostile: nothing that is read here can become anything but plain data, and no
method of the sender's objects ever runs at the reader's end.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

LARGEST_FRAME = 32 << 20
_SAFE_INT = 1 << 53
_TAG, _VALUE = "t", "v"


class WireError(Exception):
    """What the other end sent cannot be read."""


class NotPlainError(Exception):
    """A value is not plain data, and cannot be sent."""


def write_frame(fd: int, value: Any) -> None:
    """Send one JSON value, after its length in 4 bytes.

    Raises:
        WireError: it is longer than `LARGEST_FRAME`.
    """
    data = json.dumps(value, separators=(",", ":")).encode()
    if len(data) > LARGEST_FRAME:
        raise WireError(f"more than {LARGEST_FRAME >> 20} MiB of data")
    view = memoryview(len(data).to_bytes(4, "big") + data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int) -> Any:
    """The next JSON value; None at the end.

    Raises:
        WireError: it is too long, or not JSON.
    """
    head = _exactly(fd, 4)
    if head is None:
        return None
    size = int.from_bytes(head, "big")
    if size > LARGEST_FRAME:
        raise WireError("a frame that is too long")
    data = _exactly(fd, size)
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("a frame that is not JSON") from None


def _exactly(fd: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = os.read(fd, min(size - len(parts), 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def encode(value: Any, other: Callable[[Any], Any]) -> Any:
    """A value as JSON; subclasses of plain types as what they hold.

    `other` turns what is not plain data into a tag and its JSON, or raises `NotPlainError`.
    """
    if value is None or value is True or value is False:
        return value
    for kind, written in _WRITERS.items():
        if isinstance(value, kind):
            return written(value, other)
    tag, held = other(value)
    return {_TAG: tag, _VALUE: held}


def decode(data: Any, other: Callable[[str, Any], Any]) -> Any:
    """The value that `encode` has written.

    Raises:
        WireError: nothing that `encode` writes.
    """
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [decode(item, other) for item in data]
    try:
        tag, held = data[_TAG], data[_VALUE]
        read = _READERS.get(tag)
        return other(tag, held) if read is None else read(held, other)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        raise WireError("no plain data") from None


def _items(tag: str, base: Any) -> Callable[[Any, Any], Any]:
    def written(value: Any, other: Any) -> Any:
        return {_TAG: tag, _VALUE: [encode(item, other) for item in base.__iter__(value)]}

    return written


def _list(value: Any, other: Any) -> Any:
    return [encode(item, other) for item in list.__iter__(value)]


def _dict(value: Any, other: Any) -> Any:
    pairs = dict.items(value)
    return {_TAG: "dict", _VALUE: [[encode(k, other), encode(v, other)] for k, v in pairs]}


def _int(value: Any, _: Any) -> Any:
    held = int.__index__(value)
    return held if -_SAFE_INT < held < _SAFE_INT else {_TAG: "int", _VALUE: hex(held)}


def _text(tag: str, text: Callable[[Any], str]) -> Callable[[Any, Any], Any]:
    return lambda value, _: {_TAG: tag, _VALUE: text(value)}


_WRITERS: dict[Any, Callable[[Any, Any], Any]] = {
    int: _int,
    float: lambda value, _: float.__float__(value),
    str: lambda value, _: str.__str__(value),
    list: _list,
    tuple: _items("tuple", tuple),
    dict: _dict,
    set: _items("set", set),
    frozenset: _items("frozenset", frozenset),
    deque: _items("deque", deque),
    bytes: _text("bytes", bytes.hex),
    bytearray: _text("bytearray", bytearray.hex),
    complex: lambda v, _: {_TAG: "complex", _VALUE: [v.real, v.imag]},
    range: lambda v, other: {
        _TAG: "range",
        _VALUE: [_int(part, other) for part in (v.start, v.stop, v.step)],
    },
    Decimal: _text("decimal", Decimal.__str__),
    Fraction: _text("fraction", Fraction.__str__),
    datetime: _text("datetime", datetime.isoformat),
    date: _text("date", date.isoformat),
    time: _text("time", time.isoformat),
    timedelta: lambda v, _: {_TAG: "timedelta", _VALUE: [v.days, v.seconds, v.microseconds]},
}


def _made(make: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda held, other: make([decode(item, other) for item in held])


def _pairs(held: Any, other: Any) -> Any:
    return {decode(key, other): decode(value, other) for key, value in held}


_READERS: dict[str, Callable[[Any, Any], Any]] = {
    "tuple": _made(tuple),
    "set": _made(set),
    "frozenset": _made(frozenset),
    "deque": _made(deque),
    "dict": _pairs,
    "scalar": decode,
    "int": lambda held, _: int(held, 16),
    "bytes": lambda held, _: bytes.fromhex(held),
    "bytearray": lambda held, _: bytearray.fromhex(held),
    "complex": lambda held, _: complex(*held),
    "range": lambda held, other: range(*(decode(part, other) for part in held)),
    "decimal": lambda held, _: Decimal(held),
    "fraction": lambda held, _: Fraction(held),
    "datetime": lambda held, _: datetime.fromisoformat(held),
    "date": lambda held, _: date.fromisoformat(held),
    "time": lambda held, _: time.fromisoformat(held),
    "timedelta": lambda held, _: timedelta(*held),
}
