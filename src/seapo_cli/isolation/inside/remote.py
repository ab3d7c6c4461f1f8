"""The checker's view of an answer: objects that stand for those in the answer's process."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from .wire import NotPlainError, WireError, decode, encode, read_frame, write_frame

_OWN_ENDS = (StopIteration, StopAsyncIteration, GeneratorExit)
"""Raised here, they would end a loop of the test instead of failing it."""


class GoneError(BaseException):
    """The answer's process has ended, or no longer replies."""


class AnswerError(Exception):
    """An exception of a class that the answer or a library has defined."""


class Channel:
    """Asks the answer's process, one question at a time."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._callbacks: list[Any] = []
        self._exceptions: dict[str, type[BaseException]] = {}
        self.gone = False
        """Whether a question stayed without a readable reply; no test passes then."""
        self.weak: str | None = None
        """Why the answer's own code had a say in the verdict; None if it had not."""
        self.sent_other = False
        """Whether the test handed over what is not plain data."""

    def load(self) -> dict[str, Any]:
        """The answer's names, and what they stand for."""
        reply = self._reply()
        if "error" in reply:
            raise self._error(reply["error"])
        names = {}
        for name, data in dict(reply.get("names") or {}).items():
            with suppress(Exception):  # of a package that only the answer has, or nonsense
                module = isinstance(data, dict) and data.get("t") == "module"
                names[name] = _module(data["v"]) if module else self._read(data, ())
        return names

    def ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """The outcome of an operation in the answer's process, as plain data or a stand-in."""
        request = {
            "op": operation,
            "args": [self._sent(argument) for argument in arguments],
            "kwargs": {key: self._sent(value) for key, value in options.items()},
        }
        if self.gone:
            raise GoneError
        try:
            write_frame(self._fd, request)
        except OSError:
            raise self._lost() from None
        while "callback" in (reply := self._reply()):
            self._call_back(reply)
        if "error" in reply:
            raise self._error(reply["error"])
        if operation == "next" and "stop" in reply:
            raise StopIteration
        try:
            for place, data in reply["changed"].items():
                _put_back(arguments[int(place)], self._read(data, ()))
            return self._read(reply["value"], arguments)
        except Exception:
            raise self._lost() from None

    def _reply(self) -> Any:
        try:
            reply = read_frame(self._fd)
        except WireError:
            reply = None
        if not isinstance(reply, dict):
            raise self._lost()
        return reply

    def _lost(self) -> GoneError:
        self.gone = True
        return GoneError()

    def _call_back(self, reply: Any) -> None:
        try:
            function = self._callbacks[reply["callback"]]
            arguments = [self._read(item, ()) for item in reply["args"]]
        except Exception:
            raise self._lost() from None
        try:
            answer = {"value": self._sent(function(*arguments))}
        except Exception as error:
            answer = {"error": type(error).__name__}
        write_frame(self._fd, answer)

    def _error(self, sent: Any) -> BaseException:
        try:
            name, text, base = map(str, sent)
        except (TypeError, ValueError):
            return self._lost()
        kind = self._exceptions.get(name) or getattr(builtins, base, None)
        if kind is None or not issubclass(kind, BaseException):
            return self._lost()
        if issubclass(kind, _OWN_ENDS):
            return RuntimeError(name)
        if name not in (kind.__name__, *self._exceptions) and kind is Exception:
            return AnswerError(f"{name}: {text}")
        try:
            return kind(text)
        except TypeError:  # UnicodeDecodeError and others take more than a text
            return AnswerError(f"{name}: {text}")

    def _sent(self, value: Any) -> Any:
        return encode(value, self._handle)

    def _handle(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, Remote):
            return "object", object.__getattribute__(value, "_seapo")[1]
        name = getattr(value, "__name__", None)
        if isinstance(name, str) and vars(builtins).get(name) is value:
            return "builtin", name
        if callable(value) and not isinstance(value, type):
            self._callbacks.append(value)
            return "callback", len(self._callbacks) - 1
        self.sent_other = True
        raise NotPlainError(f"a {type(value).__name__}")

    def _read(self, data: Any, arguments: tuple[Any, ...]) -> Any:
        def other(tag: str, held: Any) -> Any:
            if tag == "argument":
                return arguments[held]
            if tag == "exception":
                return self._exception(*held)
            if tag in _STANDS_FOR:
                return _STANDS_FOR[tag](self, int(held))
            raise WireError(tag)

        return decode(data, other)

    def _exception(self, name: str, base: str) -> Any:
        kind = getattr(builtins, base)
        if vars(builtins).get(name) is kind:
            return kind
        if name not in self._exceptions:
            self._exceptions[name] = type(name, (kind,), {})
        return self._exceptions[name]


def _module(name: Any) -> Any:
    """The checker's own copy of a module of the standard library that the answer imported."""
    if name not in sys.stdlib_module_names and name not in sys.modules:
        raise WireError("a module")
    return importlib.import_module(name)


def _put_back(argument: Any, value: Any) -> None:
    """Change an argument as the answer has changed it."""
    if type(argument) is not type(value):
        raise WireError("an argument of another type")
    if isinstance(argument, list | bytearray):
        argument[:] = value
    else:
        argument.clear()
        argument.update(value)


class Remote:
    """Stands for an object of the answer that is not plain data.

    It equals no plain data, whatever its class says: only two such objects are compared by the
    answer's own code, and the verdict is then called weak.
    """

    def __init__(self, channel: Channel, number: int) -> None:
        object.__setattr__(self, "_seapo", (channel, number))

    def _ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        channel = object.__getattribute__(self, "_seapo")[0]
        return channel.ask(operation, self, *arguments, **options)

    def _compare(self, operation: str, other: object) -> Any:
        if not isinstance(other, Remote):
            return NotImplemented
        channel = object.__getattribute__(self, "_seapo")[0]
        channel.weak = "the test compares objects by the answer's own code"
        return bool(channel.ask(operation, self, other))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._ask("setitem", key, value)

    def __iter__(self) -> Iterator[Any]:
        found = self._ask("iter")
        return found if isinstance(found, Remote) else iter(found)

    def __next__(self) -> Any:
        return self._ask("next")

    def __hash__(self) -> int:
        return hash(object.__getattribute__(self, "_seapo")[1])


def _forwarded(operation: str, kind: type) -> Callable[[Remote], Any]:
    return lambda remote: kind(remote._ask(operation))


def _compared(operation: str) -> Callable[[Remote, object], Any]:
    return lambda remote, other: remote._compare(operation, other)


for _operation, _kind in (("len", int), ("bool", bool), ("str", str), ("repr", str)):
    setattr(Remote, f"__{_operation}__", _forwarded(_operation, _kind))
for _operation in ("eq", "lt", "le", "gt", "ge"):
    setattr(Remote, f"__{_operation}__", _compared(_operation))


class RemoteFunction(Remote):
    """Stands for a function of the answer."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("call", *arguments, **options)


class RemoteClass(RemoteFunction):
    """Stands for a class of the answer."""

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, Remote) and bool(instance._ask("isinstance", self))


_STANDS_FOR = {"object": Remote, "function": RemoteFunction, "class": RemoteClass}
