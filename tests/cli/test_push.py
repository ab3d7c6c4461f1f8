"""`seapo push` as a command; the hub is a small server of this machine."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator

import pytest

from json_server import JsonHandler, served
from report.material import negative
from running import Seapo, jsonl

KEY = "sk-another-sentinel-5d1e9c"
TOKEN = "hf_sentinel4f1d2c9a8b7e6d5c"
DATASET = "/api/datasets/ann/bees"


class Hub(JsonHandler):
    """Answers what huggingface_hub asks of one dataset."""

    private = True
    card: bytes | None = None
    """README.md of the dataset, if it has one."""
    uploaded: dict[str, bytes]

    def get(self) -> None:
        if self.path.startswith(DATASET):
            siblings = [{"rfilename": "README.md"}] if self.card else []
            self._answer({"id": "ann/bees", "private": self.private, "siblings": siblings})
        elif "/resolve/" in self.path and self.card:
            self._answer(self.card)
        else:
            self._answer({}, 404)

    def post(self) -> None:
        body = self._body()
        if self.path == "/api/repos/create":
            self.server.created = json.loads(body)  # type: ignore[attr-defined]
            self._answer({"url": f"{self._at}/datasets/ann/bees", "name": "ann/bees"})
        elif "/preupload/" in self.path:
            names = [one["path"] for one in json.loads(body)["files"]]
            kinds = {"uploadMode": "regular", "shouldIgnore": False}
            self._answer({"files": [{"path": name, **kinds} for name in names]})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    data = base64.b64decode(line["value"]["content"])
                    self.uploaded[line["value"]["path"]] = data
            at = f"{self._at}/datasets/ann/bees/commit/abc"
            self._answer({"success": True, "commitUrl": at, "commitOid": "abc"})
        else:
            self._answer({})  # the card is fine

    @property
    def _at(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, data: object, status: int = 200) -> None:
        name = hashlib.sha1(repr(data).encode()).hexdigest()
        self.reply(data, status, ETag=f'"{name}"', X_Repo_Commit=name)


@pytest.fixture
def hub(seapo: Seapo) -> Iterator[type[Hub]]:
    """A hub, and a user who is logged in to it."""
    handler = type("OneHub", (Hub,), {"uploaded": {}})
    seapo.environment["HF_TOKEN"] = TOKEN
    seapo.environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    seapo.fresh = True  # it reads its environment once
    with served(handler) as url:
        seapo.environment["HF_ENDPOINT"] = url
        yield handler


def test_nothing_private_is_published(seapo: Seapo, hub: type[Hub]) -> None:
    home = str(seapo.folder)
    seapo.environment["OPENAI_API_KEY"] = KEY
    row, private = negative(1), negative(2)
    row["error"]["model"] = f"{home}/models/qwen.gguf"
    row["error"]["note"] = f"The server said {KEY} and {TOKEN}; see {home}/log.txt"
    private["prompt"] = f"What is in {home}/secrets?"
    file = seapo.file("rows.jsonl", [row, private])
    (seapo.folder / "out").mkdir()
    (seapo.folder / "out" / "private.txt").write_text("mine")
    result = seapo.bare("push", file, "--to", "out", "--repo", "ann/bees")
    assert result.code == 3, result.stderr
    assert f"{file}:2: key 'prompt' names your home folder" in result.stderr
    assert "the licence is unknown" in result.stderr
    assert set(hub.uploaded) == {"README.md", "data/train.jsonl"}
    (found,) = map(json.loads, hub.uploaded["data/train.jsonl"].splitlines())
    assert found["error"]["model"] == "qwen.gguf"
    assert found["error"]["note"] == "The server said *** and ***; see log.txt"
    sent = b"".join(hub.uploaded.values())
    assert not any(secret.encode() in sent for secret in (home, KEY, TOKEN))


def test_a_login_is_needed_and_asked_for_first(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(1)])
    result = seapo.bare("push", file, "--to", "out", "--repo", "ann/bees")
    assert (result.code, len(result.stderr.splitlines())) == (2, 1)
    assert "--repo needs a login" in result.stderr
    assert not (seapo.folder / "out").exists()


def test_a_public_dataset_and_a_foreign_card_are_left_alone(seapo: Seapo, hub: type[Hub]) -> None:
    file = seapo.file("rows.jsonl", [negative(1)])
    options = ("push", file, "--to", "out", "--license", "mit", "--repo", "ann/bees")
    hub.private = False
    result = seapo.bare(*options)
    assert (result.code, hub.uploaded) == (1, {})
    assert "is there and public" in result.stderr
    hub.card = b"# Mine"
    result = seapo.bare(*options, "--no-private")
    assert (result.code, hub.uploaded) == (1, {})
    assert "a README.md that seapo push did not write" in result.stderr
    hub.card = (seapo.folder / "out" / "README.md").read_bytes()
    result = seapo.bare(*options, "--no-private")
    assert result.code == 0, result.stderr
    assert set(hub.uploaded) == {"README.md", "data/train.jsonl"}


def test_a_hub_that_cannot_be_reached_is_one_line(seapo: Seapo) -> None:
    seapo.environment |= {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": TOKEN}
    seapo.fresh = True
    file = seapo.file("rows.jsonl", [negative(1)])
    result = seapo.bare("push", file, "--to", "out", "--license", "mit", "--repo", "ann/bees")
    assert result.code == 1
    assert result.stderr.splitlines()[-1].startswith("seapo: --repo ann/bees: not uploaded: ")
    assert "Traceback" not in result.stderr
    assert (seapo.folder / "out" / "README.md").exists()


def test_lines_that_cannot_be_read_are_named(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", jsonl([negative(1)]) + b"nonsense\n")
    about = seapo.file("about.jsonl", jsonl([negative(1)]) + b'{"a": 1}\n')
    options = ("--about", about, "--license", "mit", "--to", "out")
    result = seapo.bare("push", f"train={file}", *options)
    assert (result.code, len(result.stderr.splitlines())) == (3, 3), result.stderr
    assert f"{file}:2: not valid JSON" in result.stderr
    assert f"{about}:2: an object with 'a'" in result.stderr
