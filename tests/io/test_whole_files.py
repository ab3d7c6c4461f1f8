"""Whole files: own temporary names, no links, no waiting, one run at a time, permissions kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seapo_cli.exceptions import InUse, SeapoError, UsageError
from seapo_cli.io.folders import only_run, scratch_folder, whole_folder
from seapo_cli.io.jsonl import Output
from seapo_cli.io.whole_files import WholeFile, part_of, write_whole

WRITER = """
import sys, time
from seapo_cli.io.jsonl import Output
with Output(sys.argv[1]) as output:
    output.write(b"half")
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_second_run_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", WRITER, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == b"ready\n"
            with pytest.raises(InUse, match=r"out\.jsonl: another run is writing it"):
                Output(str(target)).__enter__()
        finally:
            first.send_signal(signal.SIGKILL)
    assert part_of(target).read_bytes() == b"half"
    with Output(str(target)) as output:
        output.write(b"all\n")
    assert target.read_bytes() == b"all\n"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("kind", ["link", "hard link", "fifo", "folder"])
def test_what_is_in_the_way_is_left_alone(tmp_path: Path, kind: str) -> None:
    target, mine = tmp_path / "out.jsonl", tmp_path / "mine"
    mine.write_bytes(b"mine")
    part = part_of(target)
    {
        "link": lambda: part.symlink_to(mine),
        "hard link": lambda: part.hardlink_to(mine),
        "fifo": lambda: os.mkfifo(part),
        "folder": part.mkdir,
    }[kind]()
    with pytest.raises(UsageError, match="remove it"):
        Output(str(target)).__enter__()
    assert mine.read_bytes() == b"mine"
    assert not target.exists()


def test_permissions_stay(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"old")
    target.chmod(0o640)
    with WholeFile(target) as file:
        assert part_of(target).stat().st_mode & 0o777 == 0o640
        file.write(b"new")
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.read_bytes() == b"new"


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    for name in ("/", str(tmp_path)):
        with pytest.raises(UsageError, match="cannot write: Is a directory"):
            Output(name).__enter__()
    with pytest.raises(SeapoError, match="cannot write"):
        write_whole(tmp_path / "missing" / "file", b"x")


def test_a_pipe_without_a_name_is_written_directly() -> None:
    reader, writer = os.pipe()
    with Output(f"/dev/fd/{writer}") as output:
        output.write(b"row\n")
    assert os.read(reader, 10) == b"row\n"
    os.close(reader)
    os.close(writer)


def test_stdout_by_its_name_does_not_replace_what_the_shell_opened(tmp_path: Path) -> None:
    script = "from seapo_cli.io.jsonl import Output\nwith Output('/dev/stdout') as o: o.write(b'b')"
    with (tmp_path / "both").open("wb") as both:
        both.write(b"a")
        both.flush()
        subprocess.run([sys.executable, "-c", script], stdout=both, check=True)
    assert (tmp_path / "both").read_bytes() == b"ab"


def test_a_folder_moves_in_whole_or_not_at_all(tmp_path: Path) -> None:
    def fill(broken: bool) -> None:
        with whole_folder(tmp_path, last=["config.json"]) as part:
            (part / "config.json").write_text("{}")
            (part / "weights").write_text("w")
            if broken:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill(broken=True)
    assert not (tmp_path / "weights").exists()
    fill(broken=False)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "weights"}


def test_one_run_in_a_folder(tmp_path: Path) -> None:
    with only_run(tmp_path), pytest.raises(InUse), only_run(tmp_path):
        pass
    with only_run(tmp_path):
        pass


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".x-left"
    left.mkdir()
    (left / "index").write_text("x")
    (tmp_path / ".x-link").symlink_to(tmp_path)
    with scratch_folder(tmp_path, ".x-") as folder:
        assert not left.exists()
        with scratch_folder(tmp_path, ".x-") as other:
            assert folder.is_dir()
            assert other != folder
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [".x-link"]
