"""What servers send that is wrong: usage, texts, headers, refusals, by a name for each."""

from __future__ import annotations

import json

BIG = 2**63
PROMPT_LOGPROBS: dict[str, object] = {
    "text": "x",
    "null": [None],
    "words": [None, {"7": "x"}],
    "hollow": [None, {}],
    "infinite": [None, {"7": {"logprob": 1e308}}] * 2,
}
MESSAGES: dict[str, dict[str, object]] = {
    "refusal": {"content": None, "refusal": "I cannot help with that."},
    "reasoning only": {"content": None, "reasoning_content": "hmm"},
    "tool calls": {"content": None, "tool_calls": [{"function": {"name": "x"}}]},
    "reasoning object": {"reasoning_content": {"a": 1}, "reasoning": [1]},
    "no content": {"content": None},
}
ERRORS: dict[str, object] = {
    "is text": {"error": "no"},
    "is a list": {"error": ["no"]},
    "is null": {"error": None},
    "has a list": {"error": {"message": ["a", {"b": 1}], "param": ["x"], "code": [1]}},
    "has an object": {"error": {"message": {"a": {"b": "c"}}, "param": {}, "code": {}}},
    "is a number": 5,
    "is a list of lists": [[[]]],
    "has a surrogate": {"error": {"message": "\ud800"}},
    "has escapes": {"error": {"message": "\x1b]0;x\x07\x1b[2J"}},
    "detail": {"detail": [{"loc": ["body"], "msg": "x"}]},
    "param is huge": {"error": {"message": "unsupported", "param": "x" * 100_000}},
}
USAGES: dict[str, object] = {
    "2^63": {"prompt_tokens": BIG, "completion_tokens": BIG},
    "2^64": {"prompt_tokens": 2**64, "completion_tokens": 2**64},
    "cached over none": {"prompt_tokens": 0, "prompt_tokens_details": {"cached_tokens": 5}},
    "negative": {"prompt_tokens": -5, "completion_tokens": -7},
    "negative cached": {"prompt_tokens_details": {"cached_tokens": -1}},
    "huge float": {"prompt_tokens": 1e308},
    "half": {"prompt_tokens": 1.5},
    "text": {"prompt_tokens": "many"},
    "list": {"prompt_tokens": [1]},
    "none": None,
    "is a list": [1, 2],
    "is a number": 7,
    "details are a list": {"prompt_tokens_details": [1]},
    "details are text": {"prompt_tokens_details": "none"},
    "true": {"prompt_tokens": True},
}
TEXTS: dict[str, object] = {
    "lone surrogate": "fine \ud800 so far",
    "lone low surrogate": "\udfff",
    "nul": "a\0b",
    "escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m",
    "right to left": "\u202eabc\u2066\u200f",
    "half a megabyte": "word " * 100_000,
    "empty": "",
    "blank": " \n\t ",
    "parts": [{"type": "text", "text": "hello"}],
    "number": 5,
    "object": {"text": "hello"},
    "true": True,
    "JSON of a number": '{"edit": 5, "worse": 5, "by": "x"}',
    "JSON of nulls": '{"edit": null, "worse": null, "by": null, "mistake_a": null}',
    "JSON list": "[]",
    "JSON deep": "[" * 5000 + "]" * 5000,
    "JSON open": '{"edit": {"edit": {"edit"',
    "JSON surrogate": '{"edit": "\\ud800", "mistake_a": "\\ud800", "worse": "A", "by": 2}',
    "JSON huge number": '{"edit": "1: x", "by": 1' + "0" * 5000 + ', "worse": "A"}',
    "JSON NaN": '{"by": NaN, "worse": "A", "mistake_a": "a", "mistake_b": "b"}',
    "many braces": "{" * 20_000,
    "thinking only": "<think>" + "hmm " * 50,
    "newlines": "\r\n\u2028\u2029\x85\x0b\x0c",
    "unassigned": "\uffff\U0010ffff\ufffe",
}
CHOICES: dict[str, object] = {
    "missing": None,
    "empty": [],
    "null in it": [None],
    "number in it": [1],
    "object": {"message": {"content": "x"}},
    "text": "none",
    "message null": [{"message": None}],
    "message list": [{"message": []}],
    "message text": [{"message": "hello"}],
    "no message": [{}],
    "a stream's delta": [{"delta": {"content": "x"}}],
}
FINISHES: dict[str, object] = {
    "null": None,
    "number": 5,
    "object": {"reason": "stop"},
    "list": ["stop"],
    "surrogate": "\ud800",
    "length": "length",
    "content_filter": "content_filter",
    "huge": "x" * 100_000,
    "escapes": "\x1b[31m",
}
LOGPROBS: dict[str, object] = {
    "empty": {},
    "no content": {"content": None},
    "hollow": {"content": [{}]},
    "text": {"content": [{"logprob": "x"}]},
    "infinite": {"content": [{"logprob": 1e308}, {"logprob": 1e308}]},
    "list": [1],
    "number": 3,
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "white": b" \n ",
    "null": b"null",
    "number": b"5",
    "list": b"[]",
    "text": b'"x"',
    "HTML": b"<html><body><h1>Welcome to nginx!</h1></body></html>",
    "cut": b'{"choices": [{"mess',
    "stream": b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: [DONE]\n\n',
    "two objects": b'{"a": 1}{"a": 2}',
    "UTF-16": '{"choices": []}'.encode("utf-16"),
    "no UTF-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep": b"[" * 200_000,
    "long number": b'{"choices": ' + b"9" * 20_000 + b"}",
    "NaN": b'{"choices": NaN}',
    "error in a 200": b'{"error": {"message": "overloaded", "code": 500}}',
    "error text in a 200": b'{"error": "overloaded"}',
    "nul bytes": b"\0" * 1000,
}
HEADERS: dict[str, dict[str, str]] = {
    "HTML by type": {"Content-Type": "text/html"},
    "unknown charset": {"Content-Type": "application/json; charset=utf-99"},
    "UTF-7": {"Content-Type": "application/json; charset=utf-7"},
    "no gzip": {"Content-Encoding": "gzip"},
    "unknown encoding": {"Content-Encoding": "rot13"},
    "brotli": {"Content-Encoding": "br"},
    "zstd": {"Content-Encoding": "zstd"},
    "negative length": {"Content-Length": "-5"},
    "length of text": {"Content-Length": "many"},
    "huge length": {"Content-Length": "9" * 30},
    "long header": {"X-Long": "x" * 100_000},
    "many headers": {f"X-{n}": "x" for n in range(3000)},
    "cookie": {"Set-Cookie": "a=b; Domain=.."},
    "two lengths": {"content-length": "3"},
}
STATUS_LINES: dict[str, bytes] = {
    "999": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "099": b"HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n",
    "a word": b"HTTP/1.1 OK OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP 0.9": b"hello",
    "HTTP 3.7": b"HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "nothing": b"\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "206": b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\n{}",
    "304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "301 to nowhere": b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
    "302 to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
    b"Content-Length: 0\r\n\r\n",
    "307 to a bad port": b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:99999/\r\n"
    b"Content-Length: 0\r\n\r\n",
    "nul in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "header without colon": b"HTTP/1.1 200 OK\r\nwhat\r\nContent-Length: 2\r\n\r\n{}",
}
CHUNKS: dict[str, bytes] = {
    "bad size": b"zz\r\nhello\r\n",
    "overflow": b"FFFFFFFFFFFFFFFFFF\r\nhello\r\n",
    "negative": b"-5\r\nhello\r\n",
    "no end": b"5\r\nhello\r\n",
    "long extension": b"2;" + b"x" * 200_000 + b"\r\n{}\r\n0\r\n\r\n",
    "longer than said": b"2\r\nhello world\r\n0\r\n\r\n",
    "bad trailer": b"2\r\n{}\r\n0\r\nwhat\r\n\r\n",
}
WAITS = {
    "0": "0",
    "negative": "-5",
    "NaN": "nan",
    "infinite": "inf",
    "minus infinite": "-inf",
    "1e308": "1e308",
    "2^63": str(BIG),
    "past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "year 9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "year 99999": "Fri, 31 Dec 99999 23:59:59 GMT",
    "year 0": "Sat, 01 Jan 0000 00:00:00 GMT",
    "month 13": "Wed, 21 Foo 2025 25:61:61 GMT",
    "zone": "Wed, 21 Oct 2026 07:28:00 +9999",
    "word": "soon",
    "empty": "",
    "list": "1, 2",
    "hexadecimal": "0x10",
    "underscores": "1_0",
    "tiny": "1e-300",
}
REFUSALS: dict[str, tuple[str, object]] = {
    "OpenAI": (
        "400 Bad Request",
        {
            "error": {
                "message": "Invalid parameter: 'response_format' of type 'json_schema' is not "
                "supported with this model.",
                "type": "invalid_request_error",
                "param": "response_format",
            }
        },
    ),
    "must be json_object or text": (
        "400 Bad Request",
        {"error": {"message": "'response_format.type' must be 'json_object' or 'text'."}},
    ),
    "FastAPI": (
        "422 Unprocessable Entity",
        {
            "detail": [
                {
                    "type": "literal_error",
                    "loc": ["body", "response_format", "type"],
                    "msg": "Input should be 'text' or 'json_object'",
                    "input": "json_schema",
                }
            ]
        },
    ),
    "FastAPI extra": (
        "422 Unprocessable Entity",
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "response_format", "json_schema"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
    ),
    "FastAPI as text": (
        "422 Unprocessable Entity",
        {
            "message": "[{'type': 'extra_forbidden', "
            "'loc': ('body', 'response_format'), 'msg': 'Extra inputs are not permitted'}]"
        },
    ),
    "Groq": (
        "400 Bad Request",
        {
            "error": {
                "message": "This model does not support response format `json_schema`. See "
                "supported models",
                "type": "invalid_request_error",
                "param": "response_format",
            }
        },
    ),
    "DeepSeek": (
        "400 Bad Request",
        {
            "error": {
                "message": "This response_format type is unavailable now",
                "type": "invalid_request_error",
            }
        },
    ),
    "vLLM": (
        "400 Bad Request",
        {
            "object": "error",
            "code": 400,
            "message": "json_schema is not supported by the guided decoding backend",
        },
    ),
    "Anthropic": (
        "400 Bad Request",
        {
            "error": {
                "type": "invalid_request_error",
                "message": "response_format: Extra inputs are not permitted",
            }
        },
    ),
    "a sentence": ("400 Bad Request", "response_format json_schema not implemented"),
    "501": ("501 Not Implemented", {"error": {"message": "response_format is not implemented"}}),
}
PARAMETERS: dict[str, tuple[str, str, object]] = {
    "temperature deprecated": (
        "temperature",
        "400 Bad Request",
        {"error": {"message": "`temperature` is deprecated for this model."}},
    ),
    "temperature has one value": (
        "temperature",
        "400 Bad Request",
        {
            "error": {
                "message": "Unsupported value: 'temperature' does not support 0.7 with this "
                "model. Only the default (1) value is supported.",
                "param": "temperature",
            }
        },
    ),
    "seed": ("seed", "400 Bad Request", {"error": {"message": "property 'seed' is unsupported"}}),
    "seed as FastAPI says it": (
        "seed",
        "422 Unprocessable Entity",
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "seed"],
                    "msg": "Extra inputs are not permitted",
                    "input": 0,
                }
            ]
        },
    ),
    "max_tokens": (
        "max_tokens",
        "400 Bad Request",
        {
            "error": {
                "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                "param": "max_tokens",
            }
        },
    ),
}
MODELS: dict[str, bytes] = {
    "HTML": b"<html>Welcome</html>",
    "null": b"null",
    "number": b"5",
    "list": b"[]",
    "text": b'"mock"',
    "object": b"{}",
    "data null": b'{"data": null}',
    "data number": b'{"data": 5}',
    "data object": b'{"data": {"id": "x"}}',
    "null in data": b'{"data": [null]}',
    "number in data": b'{"data": [5]}',
    "text in data": b'{"data": ["mock"]}',
    "no id": b'{"data": [{}]}',
    "id null": b'{"data": [{"id": null}]}',
    "id number": b'{"data": [{"id": 5}]}',
    "id surrogate": b'{"data": [{"id": "a\\ud800"}]}',
    "id escapes": b'{"data": [{"id": "\\u001b[31m"}, {"id": "\\u001b[0m"}]}',
    "cut": b'{"data": [{"id"',
    "no UTF-8": b'{"data": [{"id": "\xff"}]}',
    "empty": b"",
    "deep": b"[" * 100_000,
    "many": json.dumps({"data": [{"id": f"m{n}"} for n in range(50_000)]}).encode(),
}
