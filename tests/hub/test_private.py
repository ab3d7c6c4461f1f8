"""What is not published."""

from __future__ import annotations

import pytest

from report.material import negative
from seapo_cli.exceptions import RowError
from seapo_cli.hub.private import Private, public_name

HOME = "/home/ann"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/data/models/qwen.gguf", "qwen.gguf"),
        ("models/ann/qwen.gguf", "qwen.gguf"),
        ("~/out/checkpoint-7/", "checkpoint-7"),
        ("../out", "out"),
        ("C:\\Users\\ann\\qwen.gguf", "qwen.gguf"),
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("gpt-5-mini", "gpt-5-mini"),
    ],
)
def test_names_of_models(name: str, shown: str) -> None:
    assert public_name(name) == shown


def test_paths_in_what_seapo_adds() -> None:
    row = negative(1)
    row["error"]["model"] = f"{HOME}/models/qwen.gguf"
    row["error"]["note"] = f"See {HOME}/notes/bees.txt, line 3; not {HOME}bee."
    row["sample"]["model"] = "/mnt/models/writer"
    row["checks"] = {"plausibility": {"reason": f"'{HOME}/scorer' failed"}}
    row["origin"] = [f"{HOME}/data/bees.csv"]
    row["error"]["edits"][0]["original"] = "/usr/bin"
    found = Private(HOME).cleaned(row)
    assert found["error"]["model"] == "qwen.gguf"
    assert found["error"]["note"] == f"See bees.txt, line 3; not {HOME}bee."
    assert found["sample"]["model"] == "writer"
    assert found["checks"]["plausibility"]["reason"] == "'scorer' failed"
    assert found["origin"] == ["bees.csv"]
    assert found["error"]["edits"] == row["error"]["edits"]
    assert found["prompt"] == row["prompt"]


def test_a_file_of_this_machine_under_a_key_of_the_users() -> None:
    found = Private(HOME).cleaned({"prompt": "p", "from": __file__, "group": "/r/AskScience"})
    assert (found["from"], found["group"]) == ("test_private.py", "/r/AskScience")


@pytest.mark.parametrize("name", ["prompt", "chosen", "rejected", "messages"])
def test_texts_are_not_changed_but_left_out(name: str) -> None:
    for value in (f"cd {HOME}/work", [{"role": "user", "content": f"ls {HOME}"}]):
        with pytest.raises(RowError, match=f"key '{name}' names your home folder, {HOME}"):
            Private(HOME).cleaned({name: value})
    assert Private("/root").cleaned({name: "cd /root/work"}) == {name: "cd /root/work"}
    assert Private(HOME).cleaned({name: "cd /home/anna"}) == {name: "cd /home/anna"}
