"""What changed runs again, that alone, and the reason is told."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flow import Flow, planned, rows
from seapo_cli.exceptions import UsageError
from seapo_cli.workflow import run
from seapo_cli.workflow.plan import Stage

THREE: dict[str, Any] = {
    "stages": {
        "filter": {"input": "rows.jsonl", "preset": "none", "rejected": "dropped.jsonl"},
        "pair": {"input": "{filter}", "format": "trl"},
        "other": {"command": "filter", "input": "others.jsonl", "preset": "none"},
    }
}


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Three stages that have run."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("SEAPO_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    Path("rows.jsonl").write_bytes(rows(1, 2))
    Path("others.jsonl").write_bytes(rows(3))
    made = Flow(json.loads(json.dumps(THREE)), monkeypatch)
    assert made.run() == (0, ["filter", "pair", "other"])
    return made


def test_nothing_runs_twice(flow: Flow) -> None:
    assert set(flow.told().values()) == {"fresh"}
    Path("rows.jsonl").write_bytes(Path("rows.jsonl").read_bytes())  # only its time is new
    before = Path("run.toml.lock").read_bytes()
    assert flow.run() == (0, [])
    assert Path("run.toml.lock").read_bytes() == before


def test_a_changed_input(flow: Flow) -> None:
    Path("rows.jsonl").write_bytes(rows(1, 5))
    told = flow.told()
    assert told["filter"] == "would run: input rows.jsonl changed"
    assert told["pair"] == "would run: an earlier stage runs (filter)"
    assert told["other"] == "fresh"
    assert flow.run() == (0, ["filter", "pair"])
    assert flow.run() == (0, [])


def test_same_size_and_time_but_other_bytes(flow: Flow) -> None:
    status = Path("rows.jsonl").stat()
    Path("rows.jsonl").write_bytes(rows(1, 7))
    os.utime("rows.jsonl", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert Path("rows.jsonl").stat().st_size == status.st_size
    assert flow.run() == (0, ["filter", "pair"])


def test_an_output_that_comes_out_the_same_ends_it(flow: Flow) -> None:
    flow.data["stages"]["filter"]["seed"] = 5
    assert flow.told()["filter"] == "would run: setting seed: 0 -> 5"
    assert flow.run() == (0, ["filter"])


def test_a_changed_option(flow: Flow) -> None:
    flow.data["stages"]["pair"]["format"] = "trl-chat"
    assert flow.told()["pair"] == "would run: setting format: trl -> trl-chat"
    assert flow.run() == (0, ["pair"])
    del flow.data["stages"]["pair"]["format"]
    assert flow.told()["pair"] == "would run: setting format: trl-chat -> None"


def test_how_requests_travel_is_not_a_change(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    flow.data["concurrency"] = 7
    monkeypatch.setenv("SEAPO_RETRIES", "1")
    assert flow.run() == (0, [])


def test_the_environment_counts(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAPO_SEED", "4")
    assert flow.told()["other"] == "would run: setting seed: 0 -> 4"
    flow.data["seed"] = 0  # the file comes first
    assert set(flow.told().values()) == {"fresh"}


def test_another_version(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    old = run.__version__
    monkeypatch.setattr(run, "__version__", "99")
    assert flow.told()["other"] == f"would run: seapo: {old} -> 99"
    assert flow.run() == (0, ["filter", "pair", "other"])


def test_a_missing_output(flow: Flow) -> None:
    Path("out/dropped.jsonl").unlink()
    assert flow.told()["filter"] == "would run: output out/dropped.jsonl is missing"
    assert flow.run() == (0, ["filter"])


def test_an_output_changed_by_hand_is_not_overwritten(flow: Flow) -> None:
    Path("out/filter.jsonl").write_bytes(b"mine")
    assert flow.told()["filter"] == "would run: output out/filter.jsonl changed"
    with pytest.raises(UsageError, match=r"filter: out/filter.jsonl exists, but not as a run"):
        flow.run()
    assert Path("out/filter.jsonl").read_bytes() == b"mine"
    Path("out/filter.jsonl").rename("mine.jsonl")
    assert flow.run() == (0, ["filter"])


def test_what_a_killed_run_left_is_a_stages(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(stage: Stage) -> int:
        Path(stage.output).write_bytes(b"written after the end of the run")
        raise KeyboardInterrupt

    Path("rows.jsonl").write_bytes(rows(1, 5))
    with monkeypatch.context() as patched:
        patched.setattr(run, "_call", killed)
        with pytest.raises(KeyboardInterrupt):
            flow.again()
    assert flow.told()["filter"] == "would run: it did not finish"
    assert flow.run() == (0, ["filter", "pair"])


def test_a_folder_is_kept_unless_its_stage_did_not_finish(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [1, 0, 0]

    def trained(stage: Stage) -> int:
        Path(stage.output).mkdir(exist_ok=True)
        Path(stage.output, f"weights {stage.options['epochs']}").touch()
        return codes.pop(0)

    monkeypatch.setattr(run, "_call", trained)
    flow.data = {"stages": {"train": {"input": "rows.jsonl", "epochs": 1}}}
    assert [flow.again(), flow.again()] == [1, 0]
    assert [path.name for path in Path("out").glob("train*")] == ["train"]
    flow.data["stages"]["train"]["epochs"] = 2
    assert flow.again() == 0
    assert sorted(path.name for path in Path("out").glob("train*/*")) == ["weights 1", "weights 2"]
    assert [path.name for path in Path("out/train").iterdir()] == ["weights 2"]


def test_what_it_did_not_make_is_not_overwritten(flow: Flow) -> None:
    Path("run.toml.lock").unlink()
    before = Path("out/filter.jsonl").read_bytes()
    with pytest.raises(UsageError, match=r"filter: out/filter.jsonl exists, but not as a run"):
        flow.run()
    assert Path("out/filter.jsonl").read_bytes() == before
    flow.data["stages"]["filter"]["output"] = str(Path("rows.jsonl").resolve())
    Path("out/filter.jsonl").unlink()
    with pytest.raises(UsageError, match=r"rows.jsonl exists"):
        flow.run()


def test_a_stage_that_fails_ends_the_run(flow: Flow) -> None:
    Path("rows.jsonl").write_bytes(b"bad\n")
    assert flow.run() == (1, ["filter"])
    assert flow.told()["filter"].startswith("would run: it did not finish")
    Path("rows.jsonl").write_bytes(rows(1) + b"bad\n")
    assert flow.run() == (3, ["filter", "pair"])
    assert flow.run() == (3, [])  # finished, with a failed row, as it was


def test_it_ends_after_its_stage_however_often_ctrl_c_is_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    slow = Path("slow")
    slow.write_text(
        "#!/bin/sh\ntrap 'printf x >> seen' INT\nprintf x > seen\n"
        'while [ "$(cat seen)" != xxx ]; do sleep 0.02; done\nsleep 0.2; touch ended\n'
    )
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow.resolve()))

    def press() -> None:
        for count in (1, 2):
            while not Path("seen").exists() or len(Path("seen").read_text()) < count:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    number = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(KeyboardInterrupt):
            run._call(planned({"stages": {"filter": {"input": "rows.jsonl"}}})[0])
    finally:
        signal.signal(signal.SIGTERM, number)
        pressing.join()
    assert Path("ended").exists()


def test_a_damaged_lock_file_is_one_line(flow: Flow) -> None:
    for text in ("{", "[]", '{"filter": 3}'):
        Path("run.toml.lock").write_text(text)
        with pytest.raises(UsageError, match="restore or remove it"):
            flow.run()


def test_a_damaged_cache_of_hashes_does_no_harm(flow: Flow) -> None:
    for text in ("{", "[1]", '{"rows.jsonl": 3}'):
        Path("out/.hashes.json").write_text(text)
        assert flow.run() == (0, [])


def test_folders_count_with_their_files(tmp_path: Path) -> None:
    hashes = run.Hashes(tmp_path / "none")
    place = tmp_path / "checkpoints" / "model"
    (place / "below").mkdir(parents=True)
    (place / "checkpoints").mkdir()
    assert hashes.of(place) is None
    (place / "below" / "a.json").write_text("1")
    one = hashes.of(place)
    assert one is not None
    (place / "checkpoints" / "step").write_text("1")
    assert hashes.of(place) == one
    (place / "below" / "a.json").write_text("2")
    assert hashes.of(place) not in (None, one)
    place.rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "below" / "a.json").write_text("1")
    assert hashes.of(tmp_path / "elsewhere") == one


def test_the_files_of_a_pattern(flow: Flow) -> None:
    flow.data["stages"]["other"]["input"] = "*thers.jsonl"
    flow.data["stages"]["other"]["runner"] = "ray"  # only it reads several
    Path("mothers.jsonl").write_bytes(rows(1))
    told = flow.told()["other"]
    assert "input mothers.jsonl is new" in told
    assert "input others.jsonl" not in told


def test_outputs_elsewhere_are_refused() -> None:
    with pytest.raises(UsageError, match="outputs must be files of this machine"):
        planned({"stages": {"filter": {"input": "x", "output": "s3://bucket/x"}}})


def test_arms(flow: Flow) -> None:
    flow.data = {
        "matrix": {"how": ["trl", "trl-chat"], "seed": [1, 2]},
        "stages": {
            "filter": {"input": "rows.jsonl", "preset": "none"},
            "pair": {"input": "{filter}", "format": "{how}", "seed": "{seed}"},
            "again": {"command": "filter", "input": "{pair}", "preset": "none"},
            "audit": {"input": ["{again*}"]},
        },
    }
    names = [stage.name for stage in planned(flow.data)]
    arms = [f"[how={how},seed={seed}]" for how in ("trl", "trl-chat") for seed in (1, 2)]
    assert names == ["filter", *(f"pair{a}" for a in arms), *(f"again{a}" for a in arms), "audit"]
    del flow.data["stages"]["audit"], flow.data["stages"]["again"]
    flow.run()
    assert flow.run() == (0, [])
    flow.data["matrix"]["seed"] = [1, 3]
    ran = ["pair[how=trl,seed=3]", "pair[how=trl-chat,seed=3]"]
    assert flow.run() == (0, ran)
    assert Path("out/how=trl,seed=3/pair.jsonl").exists()


def test_a_hundred_changes(flow: Flow) -> None:
    """What ran is what had another input, setting or output since it last ran, and no other."""
    draw = random.Random(0)
    files = {
        name: stage.output for name, stage in zip(THREE["stages"], planned(THREE), strict=True)
    }
    inputs = {"filter": "rows.jsonl", "pair": files["filter"], "other": "others.jsonl"}

    def state(name: str) -> object:
        settings = json.dumps({"seed": 0} | flow.data["stages"][name], sort_keys=True)
        return settings, Path(inputs[name]).read_bytes()

    seen = {name: state(name) for name in files}
    total = 0
    for _ in range(100):
        name = draw.choice(list(files))
        kept = {one: Path(path).read_bytes() for one, path in files.items()}
        match draw.choice(["input", "setting", "touch", "edit", "delete", "nothing"]):
            case "input":
                file = Path(draw.choice(["rows.jsonl", "others.jsonl"]))
                file.write_bytes(rows(*draw.choices(range(4), k=2)))
            case "setting":
                flow.data["stages"][name]["seed"] = draw.randrange(3)
            case "touch":
                os.utime(files[name])
            case "edit":
                Path(files[name]).write_bytes(edited := draw.choice([b"x\n", kept[name]]))
                if edited != kept[name]:
                    with pytest.raises(UsageError, match="move it away"):
                        flow.run()
                    assert Path(files[name]).read_bytes() == edited
                    Path(files[name]).unlink()
            case "delete":
                Path(files[name]).unlink()
        damaged = {
            one
            for one, path in files.items()
            if not Path(path).exists() or Path(path).read_bytes() != kept[one]
        }
        code, ran = flow.run()
        assert code == 0
        now = {one: state(one) for one in files}
        assert ran == [one for one in files if one in damaged or now[one] != seen[one]]
        seen, total = now, total + len(ran)
    assert 50 < total < 200


def test_the_model_and_the_prompts(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    flow.data["model"] = "m"
    flow.run()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-4711-4711-4711")
    assert flow.told()["other"] == "would run: setting base-url: None -> OpenAI"
    flow.data["base-url"] = "http://me:secret-4711@localhost/v1"
    assert flow.told()["other"] == "would run: setting base-url: None -> http://localhost/v1"
    flow.run()
    assert "4711" not in Path("run.toml.lock").read_text()
    flow.data["backend"] = "embedded"
    assert "setting base-url: http://localhost/v1 -> None" in flow.told()["other"]
    del flow.data["backend"]
    prompts = Path("prompts")
    prompts.mkdir()
    (prompts / "factual.md").write_text("another wording")
    monkeypatch.setattr(run, "folder", lambda: prompts)
    assert flow.told()["other"] == "would run: prompt files changed"
