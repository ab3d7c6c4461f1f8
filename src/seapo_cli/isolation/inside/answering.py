"""The process that an answer's Python code runs in: it does what the checker asks, in plain data.

Whatever the code does to this process, the checker only ever gets plain data from it.
"""

from __future__ import annotations

import builtins
import operator
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .wire import decode, encode, read_frame, write_frame

_MODULE = "answer"
_MUTABLE = (list, dict, set, bytearray)


class Answerer:
    """Holds the objects that the checker has handles of."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._objects: list[Any] = []

    def run(self, program: str) -> None:
        """Load the program, send its names, and serve until the checker hangs up."""
        module = types.ModuleType(_MODULE)
        sys.modules[_MODULE] = module
        try:
            exec(compile(program, "<answer>", "exec"), module.__dict__)
            first: dict[str, Any] = {"names": self._names(vars(module))}
        except BaseException as error:
            first = {"error": self._error(error)}
        write_frame(self._fd, first)
        while (request := read_frame(self._fd)) is not None:
            write_frame(self._fd, self._reply(request))

    def _names(self, values: dict[str, Any]) -> dict[str, Any]:
        names = {}
        for name, value in list(values.items()):
            if not name.startswith("__"):
                with suppress(Exception):  # whatever its class does; the tests may not need it
                    names[name] = self._sent(value)
        return names

    def _reply(self, request: Any) -> Any:
        try:
            arguments = [self._read(item) for item in request["args"]]
            options = {key: self._read(item) for key, item in request["kwargs"].items()}
            before = [self._mutable(item) for item in arguments]
            value = OPERATIONS[request["op"]](*arguments, **options)
            reply = {"value": self._returned(value, arguments)}
            after = [self._mutable(item) for item in arguments]
            reply["changed"] = {
                str(place): new
                for place, (old, new) in enumerate(zip(before, after, strict=True))
                if old != new
            }
        except StopIteration:
            return {"stop": True}
        except BaseException as error:
            return {"error": self._error(error)}
        return reply

    def _mutable(self, value: Any) -> Any:
        return self._sent(value) if isinstance(value, _MUTABLE) else None

    def _returned(self, value: Any, arguments: list[Any]) -> Any:
        if isinstance(value, _MUTABLE):
            for place, argument in enumerate(arguments):
                if value is argument:
                    return {"t": "argument", "v": place}
        return self._sent(value)

    def _sent(self, value: Any) -> Any:
        try:
            return encode(value, self._other)
        except RecursionError:
            tag, held = self._other(value)
            return {"t": tag, "v": held}

    def _other(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, types.ModuleType):
            return "module", value.__name__
        if getattr(value, "shape", None) == ():  # a number of numpy's
            return "scalar", self._sent(value.item())
        self._objects.append(value)
        number = len(self._objects) - 1
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return "exception", [value.__name__, _base(value)]
            return "class", number
        return ("function" if callable(value) else "object"), number

    def _read(self, data: Any) -> Any:
        return decode(data, self._known)

    def _known(self, tag: str, held: Any) -> Any:
        if tag == "object":
            return self._objects[held]
        if tag == "builtin":
            return getattr(builtins, held)
        return self._callback(held)

    def _callback(self, number: int) -> Callable[..., Any]:
        """A function of the test's: the checker runs it while it waits for this reply."""

        def call(*arguments: Any) -> Any:
            sent = [self._sent(argument) for argument in arguments]
            write_frame(self._fd, {"callback": number, "args": sent})
            while "op" in (reply := read_frame(self._fd)):  # the test's function asks in turn
                write_frame(self._fd, self._reply(reply))
            if "error" in reply:
                raise getattr(builtins, reply["error"], Exception)
            return self._read(reply["value"])

        return call

    def _error(self, error: BaseException) -> list[str]:
        try:
            text = str(error)[:200]
        except BaseException:
            text = ""
        return [type(error).__name__, text, _base(type(error))]


def _base(kind: type[BaseException]) -> str:
    """The built-in class that an exception's class descends from."""
    known = vars(builtins)
    return next(str(base.__name__) for base in kind.__mro__ if known.get(base.__name__) is base)


def _call(function: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return function(*arguments, **options)
    except StopIteration as error:  # else the reader's loops would take it for their own end
        raise RuntimeError("StopIteration") from error


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "len": len,
    "bool": bool,
    "str": str,
    "repr": repr,
    "iter": iter,
    "next": next,
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "isinstance": isinstance,
}


def main(fd: int, program: str) -> None:
    """Serve one program over a socket."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
    Answerer(fd).run(program)
