"""Any OpenAI-compatible endpoint, over HTTP.

Requests go out through aiohttp: measured here, the openai SDK costs about ten times the CPU
for each request (`benchmarks/throughput.py`), which at hundreds of requests in flight is
what limits the rate. The SDK serves where speed does not matter: listing models.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
import orjson

from seapo_cli.backends.base import NO_PROMPT_LOGPROBS
from seapo_cli.backends.replies import Refusal, read_completion
from seapo_cli.backends.wire import DEFAULT_CONCURRENCY, DEFAULT_URL, Negotiation, body_of
from seapo_cli.errors import BackendFatal, RequestRefused, Transient, Unreachable, UsageError
from seapo_cli.records import Completion, Request
from seapo_cli.settings import BackendSettings

_HERE = ("localhost", "127.0.0.1", "::1")


async def connect(settings: BackendSettings) -> OpenAIBackend:
    """The endpoint at `settings.base_url`; without a model name, the only one it serves."""
    url = (settings.base_url or DEFAULT_URL).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--base-url: {url!r} is no http:// or https:// address")
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    model = settings.model or await _only_model(url, key)
    return OpenAIBackend(url, model, key=key, timeout=settings.timeout)


async def _only_model(url: str, key: str) -> str:
    import openai

    try:
        async with openai.AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=2) as client:
            names = [model.id async for model in client.models.list()]
    except openai.APIConnectionError:
        raise Unreachable(f"{url}: no server answers there") from None
    except openai.OpenAIError as error:
        text = f"{url}: cannot list the models: {error}; name one with --model"
        raise BackendFatal(_masked(text, key)) from None
    if len(names) != 1:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise UsageError(f"{url} serves {len(names)} models: name one with --model ({shown})")
    return names[0]


def _masked(text: str, key: str) -> str:
    return text.replace(key, "***") if key else text


class OpenAIBackend:
    """Chat completions of one model at one base URL."""

    def __init__(
        self, url: str, model: str, *, key: str = "", timeout: float, endpoint: str | None = None
    ) -> None:
        self.endpoint = endpoint or url
        self.model = model
        self.concurrency = DEFAULT_CONCURRENCY
        self._base = url
        self._url = f"{url}/chat/completions"
        self._key = key
        self._timeout = timeout
        self._may_need_proxy = bool(getproxies()) and urlsplit(url).hostname not in _HERE
        self._negotiation = Negotiation()
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers=headers,
            trust_env=self._may_need_proxy,
        )

    async def complete(self, request: Request) -> Completion:
        """Answer one request; drops what the server says it does not support, with a warning.

        Raises:
            BackendError: it failed; the subclass says what to do about it.
        """
        while True:
            body = self._negotiation.apply(body_of(request, self.model))
            status, headers, data = await self._post(orjson.dumps(body))
            if status == 200:
                completion = read_completion(data, self._key)
                if request.scored and completion.prompt_logprobs is None:
                    raise BackendFatal(f"{self._base}: {NO_PROMPT_LOGPROBS}")
                return completion
            refusal = Refusal(status, headers, data, self._key)
            error = refusal.error()
            if not isinstance(error, RequestRefused) or not self._negotiation.learn(
                refusal.message, refusal.parameter, body
            ):
                raise error

    async def _post(self, data: bytes) -> tuple[int, Any, bytes]:
        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.post(self._url, data=data) as reply:
                return reply.status, reply.headers, await reply.read()
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(f"{self._base}: no server answers there ({error.strerror})") from None
        except TimeoutError:
            raise Transient(f"no answer within --timeout {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Transient(f"the connection broke: {type(error).__name__} {error}") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
