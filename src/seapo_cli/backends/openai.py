"""Any OpenAI-compatible endpoint, over HTTP.

Requests go out through aiohttp: measured here, the openai SDK costs about ten times the CPU
for each request (`benchmarks/throughput.py`), which at hundreds of requests in flight is
what limits the rate.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
import orjson

from seapo_cli.backends import rewards
from seapo_cli.backends.allowance import read_allowance
from seapo_cli.backends.base import NO_PROMPT_LOGPROBS, NO_REWARDS, Backend
from seapo_cli.backends.replies import Refusal, read_completion, shown
from seapo_cli.backends.wire import DEFAULT_CONCURRENCY, DEFAULT_URL, Dialect
from seapo_cli.completions import Completion, Request, RewardForm, Usage
from seapo_cli.exceptions import (
    AskOtherwise,
    BackendFatal,
    RequestRefused,
    Transient,
    Unreachable,
    UsageError,
)
from seapo_cli.options import BackendSettings

_HERE = ("localhost", "127.0.0.1", "::1")
_MOST_BYTES = 32 << 20
"""Of an answer, unpacked: the log-probabilities of a long prompt take about 12 MB."""
_ZLIB_OR_GZIP, _BARE_DEFLATE = 47, -15


async def connect(settings: BackendSettings) -> OpenAIBackend:
    """The endpoint at `settings.base_url`; without a model name, the only one it serves.

    Raises:
        SeapoError: the address or the key cannot be one, or the models cannot be listed.
    """
    url = settings.address or DEFAULT_URL
    if not url.startswith(("http://", "https://")) or not urlsplit(url).hostname:
        raise UsageError(f"--base-url: {url!r} is not an http:// or https:// address")
    http = Http(url, _authorization(settings), settings.timeout)
    if url == DEFAULT_URL and not http.has_key:
        raise UsageError("no key is set for OpenAI's endpoint: export OPENAI_API_KEY")
    try:
        model = settings.model or await _only_model(http)
    except BaseException:
        await http.close()
        raise
    return OpenAIBackend(http, model, extra=settings.extra_body)


def _authorization(settings: BackendSettings) -> str | None:
    """The header that the key makes, or user and password in the address.

    Raises:
        UsageError: the key holds what no header can.
    """
    if settings.user:
        return settings.user
    key = settings.api_key.strip() if settings.api_key else ""
    if not key:
        return None
    if not key.isascii() or not key.isprintable():
        raise UsageError("OPENAI_API_KEY holds characters that no key has: was it cut or quoted?")
    return f"Bearer {key}"


async def _only_model(http: Http) -> str:
    status, headers, data = await http.get("/models")
    if status != 200:
        raise Refusal(status, headers, data, has_key=http.has_key).error()
    try:
        names = [entry["id"] for entry in orjson.loads(data)["data"]]
        known = all(isinstance(name, str) for name in names)
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        known = False
    if not known:
        raise BackendFatal(
            f"{http.url}: cannot list the models: name one with --model "
            "(and does --base-url end in /v1?)"
        )
    if len(names) != 1:
        some = shown(", ".join(names[:8])) + (", ..." if len(names) > 8 else "")
        raise UsageError(f"{http.url} serves {len(names)} models: name one with --model ({some})")
    return str(names[0])


class OpenAIBackend(Backend):
    """Chat completions of one model at one base URL."""

    concurrency = DEFAULT_CONCURRENCY

    def __init__(self, http: Http, model: str, *, extra: Mapping[str, Any]) -> None:
        self.endpoint = http.url
        self.model = model
        self.extra = extra
        self._http = http
        self._dialect = Dialect(http.url, model, extra)

    async def complete(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            AskOtherwise: a part of it is not supported, or it needs more or less room to think.
            BackendError: it failed; the subclass says what to do about it.
        """
        if request.reward:
            return await self._rewarded(request, request.reward)
        body = self._dialect.body(request)
        status, headers, data = await self._http.post(
            f"{self._http.url}/chat/completions", orjson.dumps(body)
        )
        self.allowance = read_allowance(headers)
        if status == 200:
            completion = read_completion(data)
            if request.scored and completion.prompt_logprobs is None:
                raise BackendFatal(f"{self.endpoint}: {NO_PROMPT_LOGPROBS}")
            if grown := self._dialect.room.grown(request, completion):
                raise AskOtherwise(grown, completion.usage)
            return completion
        refusal = Refusal(status, headers, data, has_key=self._http.has_key)
        if refusal.may_teach:
            if self._dialect.learn(refusal.message, refusal.parameter, body):
                raise AskOtherwise(request, Usage())
            if smaller := self._dialect.without_room(refusal.message, request):
                raise AskOtherwise(smaller, Usage())
        raise refusal.error()

    async def _rewarded(self, request: Request, form: RewardForm) -> Completion:
        body = orjson.dumps(rewards.body(request, form, self.model, self.extra))
        url = rewards.address(self._http.url, form)
        status, headers, data = await self._http.post(url, body)
        self.allowance = read_allowance(headers)
        if status == 200:
            return rewards.read(data, form)
        refusal = Refusal(status, headers, data, has_key=self._http.has_key)
        if status in rewards.NO_SUCH_ENDPOINT:
            raise BackendFatal(f"{url}: HTTP {status}: {refusal.message}: it {NO_REWARDS}")
        raise refusal.error()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


class Http:
    """The connections to one server."""

    def __init__(self, url: str, authorization: str | None, timeout: float) -> None:
        self.url = url
        self.has_key = authorization is not None
        self._timeout = timeout
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        if authorization:
            self._headers["Authorization"] = authorization
        self._may_need_proxy = bool(getproxies()) and urlsplit(url).hostname not in _HERE
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body.

        Raises:
            BackendError: nothing answers, not in time, or with what cannot be an answer.
        """
        return await self._ask("GET", self.url + path, None)

    async def post(self, url: str, data: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """The same, for JSON that is sent to an address of the server."""
        return await self._ask("POST", url, data)

    async def _ask(
        self, method: str, url: str, data: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            self._session = self._open()
        try:
            # Not redirected: the key and the rows are for this address only.
            async with self._session.request(
                method, url, data=data, allow_redirects=False
            ) as reply:
                return reply.status, reply.headers, await _body_of(reply)
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(f"{self.url}: no server answers there ({error.strerror})") from None
        except TimeoutError:
            raise Transient(f"no answer within --timeout {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            broke = shown(f"{type(error).__name__} {error}")
            raise Transient(f"the connection broke: {broke}") from None

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers=self._headers,
            trust_env=self._may_need_proxy,
            auto_decompress=False,  # a megabyte of zeros may be gigabytes of them
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


async def _body_of(reply: aiohttp.ClientResponse) -> bytes:
    """The body, unpacked, of at most so many bytes.

    Raises:
        RequestRefused: it is larger.
        Transient: it cannot be unpacked.
    """
    parts, size = [], 0
    async for part in reply.content.iter_any():
        parts.append(part)
        if (size := size + len(part)) > _MOST_BYTES:
            raise _too_large()
    data = b"".join(parts)
    encoding = reply.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity") or not data:
        return data
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Transient(f"the server sent an answer packed with {encoding[:40]!r}, unasked")
    try:
        return _unpacked(data, _ZLIB_OR_GZIP)
    except zlib.error:
        pass
    try:
        return _unpacked(data, _BARE_DEFLATE)
    except zlib.error as error:
        raise Transient(f"the server sent a damaged {encoding} answer: {error}") from None


def _unpacked(data: bytes, form: int) -> bytes:
    unpacker = zlib.decompressobj(form)
    found = unpacker.decompress(data, _MOST_BYTES)
    if unpacker.unconsumed_tail:
        raise _too_large()
    if not unpacker.eof:
        raise zlib.error("its end is missing")
    return found


def _too_large() -> RequestRefused:
    return RequestRefused(f"the server's answer is larger than {_MOST_BYTES >> 20} MiB")
