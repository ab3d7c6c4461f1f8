"""Files that are not plain JSONL: read as rows, damaged in the middle, written compressed."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from os import urandom
from pathlib import Path
from typing import Any

import fsspec
import orjson
import pyarrow
import pytest
import zstandard
from pyarrow import parquet

from running import Seapo
from seapo_cli.exceptions import UsageError
from seapo_cli.io import sources, tabular
from seapo_cli.io.jsonl import Line, Output, encode_all, input_size, open_input, read_lines

ROWS = [{"id": f"row-{n}", "prompt": f"What is {n}? ☂", "n": n} for n in range(3000)]
TEXT = encode_all(ROWS)


def write_parquet(path: Path) -> None:
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)


def write_arrow(path: Path) -> None:
    table = pyarrow.Table.from_pylist(ROWS)
    with pyarrow.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table, max_chunksize=1000)


def write_feather(path: Path) -> None:
    table = pyarrow.Table.from_pylist(ROWS)
    with pyarrow.ipc.new_file(path, table.schema) as file:
        file.write_table(table, max_chunksize=1000)


WRITERS: dict[str, Callable[[Path], Any]] = {
    "rows.jsonl": lambda path: path.write_bytes(TEXT),
    "rows.jsonl.gz": lambda path: path.write_bytes(
        gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])
    ),
    "rows.jsonl.zst": lambda path: path.write_bytes(
        zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:])
    ),
    "rows.parquet": write_parquet,
    "stream.arrow": write_arrow,
    "file.arrow": write_feather,
}


def lines(name: object) -> list[Line]:
    with open_input(str(name)) as stream:
        return [line for lines in read_lines(stream) for line in lines]


def rows(name: object) -> list[object]:
    return [line.data for line in lines(name)]


@pytest.mark.parametrize("name", WRITERS)
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    assert rows(path) == ROWS
    assert [line.number for line in lines(path)] == list(range(1, 3001))
    assert rows(f"file://{path}") == ROWS
    with open_input(str(path)) as stream:
        assert input_size(stream) == (len(TEXT) if name == "rows.jsonl" else None)


def test_a_folder_gives_the_rows_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "train").mkdir(parents=True)
    for name in WRITERS:
        WRITERS[name](folder / "train" / name)
    (folder / "dataset_info.json").write_text("{}")
    (folder / "train" / "_note.jsonl").write_text("no row")
    (folder / "train" / "rows.jsonl").write_bytes(TEXT.rstrip())
    assert rows(folder) == ROWS * len(WRITERS)


def test_remote_files_and_folders() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/bucket/a.jsonl": TEXT, "/bucket/b.jsonl.gz": gzip.compress(TEXT)})
    assert rows("memory://bucket/b.jsonl.gz") == ROWS
    assert rows("memory://bucket") == ROWS * 2
    for name in ("memory://bucket/c.jsonl", "memory://other", "nowhere://bucket/a.jsonl"):
        with pytest.raises(UsageError, match=name):
            rows(name)


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl.zst"])
def test_rows_before_the_damage_are_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    path.write_bytes(path.read_bytes()[:-300])
    *good, bad = lines(path)
    assert len(good) > 100
    assert [line.data for line in good] == ROWS[: len(good)]
    assert bad.number == len(good) + 1
    assert bad.error is not None
    assert f"{path} is damaged from here on: " in bad.error


def test_what_is_no_such_file_at_all(tmp_path: Path) -> None:
    for name in ("rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet", "rows.arrow"):
        path = tmp_path / name
        for data in (b"no such thing", b""):
            path.write_bytes(data)
            (only,) = lines(path)
            assert only.error is not None
            assert "is damaged" in only.error


@pytest.mark.parametrize("name", ["out.jsonl.gz", "out.jsonl.zst"])
def test_output_is_compressed_as_its_name_says(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with Output(str(path)) as output:
        for row in ROWS:
            output.write(encode_all([row]))
        assert not path.exists()
    assert path.stat().st_size < len(TEXT) / 5
    assert rows(path) == ROWS


@pytest.mark.parametrize("name", ["out.parquet", "memory://bucket/out.jsonl"])
def test_other_output_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="output is JSONL"):
        Output(name)


def test_the_commands_take_them(seapo: Seapo) -> None:
    pair = {"prompt": "Why?", "response": "As 12 is even.", "negative": "As 13 is even."}
    table = pyarrow.Table.from_pylist([pair, {**pair, "prompt": ""}])
    parquet.write_table(table, seapo.folder / "pairs.parquet")
    done = seapo.run("filter", "pairs.parquet", "-o", "kept.jsonl.gz")
    assert done.code == 3
    assert "pairs.parquet:2: " in done.stderr
    (kept,) = map(
        orjson.loads, gzip.decompress((seapo.folder / "kept.jsonl.gz").read_bytes()).splitlines()
    )
    assert kept["negative"] == pair["negative"]
    assert seapo.run("pair", "kept.jsonl.gz").rows[0]["rejected"][0]["content"] == pair["negative"]


def test_no_row_is_lost_that_can_be_unpacked(tmp_path: Path) -> None:
    text = encode_all({"prompt": f"{n:x}{pow(7, n, 2**256 - 189):x}"} for n in range(5000))
    packed = gzip.compress(text)
    for share in (0.3, 0.9):
        part = packed[: int(len(packed) * share)]
        (tmp_path / "cut.jsonl.gz").write_bytes(part)
        *good, last = lines(tmp_path / "cut.jsonl.gz")
        unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(part)
        assert (len(good), bool(last.error)) == (unpacked.count(b"\n"), True)


def test_bytes_and_broken_strings_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    data = [b"text", b"\xff\x00"]
    parquet.write_table(pyarrow.table({"prompt": pyarrow.array(data, pyarrow.binary())}), path)
    assert rows(path) == [{"prompt": "text"}, {"prompt": "/wA="}]
    offsets = pyarrow.array([0, 1, 2, 3], pyarrow.int32()).buffers()[1]
    strings = pyarrow.Array.from_buffers(
        pyarrow.string(), 3, [None, offsets, pyarrow.py_buffer(b"a\xffc")]
    )
    parquet.write_table(pyarrow.table({"prompt": strings}), path)
    assert [(line.number, bool(line.error)) for line in lines(path)] == [
        (1, False),
        (2, True),
        (3, False),
    ]


def test_caches_in_a_saved_data_set_are_no_rows(tmp_path: Path) -> None:
    write_arrow(tmp_path / "data-00000-of-00001.arrow")
    write_arrow(tmp_path / "cache-28b8acad62255a74.arrow")
    assert rows(tmp_path) == ROWS


def test_json_arrays_and_csv(tmp_path: Path) -> None:
    for text in (orjson.dumps(ROWS), orjson.dumps(ROWS, option=orjson.OPT_INDENT_2)):
        for name in ("rows.json", "rows.jsonl"):
            (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text)
            assert rows(tmp_path / name) == ROWS
    (tmp_path / "rows.csv").write_text(
        'id,prompt,response\n1,"What, \n""this""?",☂\n2,b,\n3,b,c,d\n4,d,e\n', "utf-8-sig"
    )
    assert rows(tmp_path / "rows.csv") == [
        {"id": "1", "prompt": 'What, \n"this"?', "response": "☂"},
        {"id": "2", "prompt": "b"},
        ["3", "b", "c", ["d"]],
        {"id": "4", "prompt": "d", "response": "e"},
    ]
    (tmp_path / "rows.tsv").write_text("prompt\tresponse\na\tb\n")
    assert rows(tmp_path / "rows.tsv") == [{"prompt": "a", "response": "b"}]


def test_a_first_row_that_is_an_array_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'["not a row"]\n' + TEXT)
    assert rows(path) == [["not a row"], *ROWS]


def test_an_array_that_is_too_large_names_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_ARRAY_BYTES", 1000)
    (tmp_path / "rows.json").write_bytes(orjson.dumps(ROWS))
    with pytest.raises(UsageError, match="jq -c"):
        rows(tmp_path / "rows.json")


def test_folders_hold_json_too_but_not_what_datasets_notes(tmp_path: Path) -> None:
    for name in ("a.json", "b.ndjson"):
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "c.json").write_bytes(orjson.dumps(ROWS))
    (tmp_path / "state.json").write_text("{}")
    assert rows(tmp_path) == ROWS * 3


def test_a_web_address_is_a_file() -> None:
    assert sources.files_of("https://host/data.jsonl?download=true") == [
        "https://host/data.jsonl?download=true"
    ]
    assert sources.files_of("https://host/folder/") == ["https://host/folder/"]
    reader = sources._reader("https://host/data.jsonl.gz?download=true#x")
    assert reader is sources._gzip


MEASURE = """
import re, sys
from seapo_cli.io.jsonl import open_input, read_lines
with open_input(sys.argv[1]) as stream:
    for lines in read_lines(stream):
        for line in lines:
            print(line.error)
# Not getrusage: that counts the process that this one was forked from.
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10)
"""


def bomb_zst(path: Path) -> None:
    path.write_bytes(zstandard.compress(b"\n" * (4 << 20)))


def bomb_texts(path: Path) -> None:
    table = pyarrow.table({"prompt": ["x" * (4 << 20)] * 40})
    parquet.write_table(table, path, compression="zstd", use_dictionary=False)


def bomb_dictionary(path: Path) -> None:
    table = pyarrow.table({"prompt": ["x" * (4 << 20)] * 40})
    parquet.write_table(table, path, compression="none")


def bomb_list(path: Path) -> None:
    values = pyarrow.nulls(70_000_000, pyarrow.int8())
    table = pyarrow.table({"x": pyarrow.ListArray.from_arrays([0, len(values)], values)})
    parquet.write_table(table, path, compression="zstd")


def bomb_arrow(path: Path) -> None:
    table = pyarrow.table({"prompt": ["z" * (1 << 16)] * 5000})
    options = pyarrow.ipc.IpcWriteOptions(compression="zstd")
    with pyarrow.ipc.new_file(path, table.schema, options=options) as file:
        file.write_table(table)


BOMBS: dict[str, tuple[Callable[[Path], None], bool]] = {
    "rows.jsonl.zst": (bomb_zst, False),
    "texts.parquet": (bomb_texts, True),
    "dictionary.parquet": (bomb_dictionary, False),
    "list.parquet": (bomb_list, True),
    "rows.arrow": (bomb_arrow, True),
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_files_do_not_fill_the_memory(tmp_path: Path, name: str) -> None:
    write, refused = BOMBS[name]
    write(tmp_path / name)
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / name)], capture_output=True, check=True
    )
    *told, peak = run.stdout.decode().splitlines()
    assert int(peak) < 300, f"{peak} MB"
    assert any("times its size" in line for line in told) == refused


def test_large_columns_of_parquet_are_not_held_whole(tmp_path: Path) -> None:
    """Writers begin each column with a dictionary, and give it up where texts differ."""
    file = tmp_path / "rows.parquet"
    parquet.write_table(
        pyarrow.table({"prompt": [urandom(2000).hex() for _ in range(30_000)]}), file
    )
    assert not tabular._repeating(parquet.ParquetFile(file).metadata)
    run = [sys.executable, "-c", MEASURE, str(file)]
    peak = int(subprocess.run(run, capture_output=True, check=True).stdout.split()[-1])
    assert peak < 200


@pytest.mark.parametrize("place", [4, 40, 400])
def test_damaged_places_in_arrow_cost_only_their_rows(tmp_path: Path, place: int) -> None:
    """pyarrow itself would read far beyond the file, and the process be killed for it."""
    file = tmp_path / "rows.arrow"
    write_feather(file)
    offsets = pyarrow.Table.from_pylist(ROWS)["prompt"].chunk(0).buffers()[1].to_pybytes()[:800]
    data = file.read_bytes()
    start = data.index(offsets) + place
    file.write_bytes(data[:start] + (0x70000000).to_bytes(4, "little") + data[start + 4 :])
    run = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True)
    assert run.returncode == 0, run
    told = run.stdout.decode().splitlines()[:-1]
    assert len(told) == len(ROWS)
    assert 1 <= len(told) - told.count("None") <= 2
