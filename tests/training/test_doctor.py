"""`seapo doctor`: what a trainer and a model make of pairs, on the tiny model's tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_model
from seapo_cli import pair
from seapo_cli.cli import app
from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import PairSettings

Data = dict[str, Any]
Doctor = Callable[..., tuple[Data, str, str | None]]
PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


def rows(count: int = 40, **more: Any) -> list[Data]:
    return [row | more for row in tiny_model.arithmetic_pairs(count)]


def chats(count: int = 40, **more: Any) -> list[Data]:
    """TRL's and OpenRLHF's rows of messages."""
    return [
        {
            "prompt": [{"role": "user", "content": row["prompt"]}],
            **{
                side: [{"role": "assistant", "content": row[side]}]
                for side in ("chosen", "rejected")
            },
            **more,
        }
        for row in tiny_model.arithmetic_pairs(count)
    ]


@pytest.fixture
def tokenizer() -> Any:
    return tiny_model.tiny_tokenizer()


@pytest.fixture
def doctor(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tokenizer: Any,
) -> Doctor:
    """Runs the command; what it wrote as JSON, printed, and complained of at the end."""
    monkeypatch.chdir(tmp_path)

    def run(data: list[Data], *options: str) -> tuple[Data, str, str | None]:
        tiny_model.write_rows(tmp_path / "pairs.jsonl", data)
        tokenizer.save_pretrained(tmp_path / "model")
        complaint = None
        arguments = ["doctor", "pairs.jsonl", "-m", "model", "--json", "out.json", *options]
        try:
            app(arguments, standalone_mode=False)
        except UsageError:
            raise
        except SeapoError as error:
            complaint = str(error)
        return json.loads(Path("out.json").read_text()), capfd.readouterr().out, complaint

    return run


def names(found: Data, spoils: bool) -> set[str]:
    return {one["name"] for one in found["findings"] if one["spoils"] is spoils}


def test_good_pairs_are_good(doctor: Doctor) -> None:
    found, page, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint is None
    assert found["findings"] == []
    assert "nothing found that would spoil training" in page
    assert found["template"]["generation"] == "<|im_start|>assistant\n"
    assert found["template"]["end"] == "<|im_end|>"
    assert found["template"]["added"] == ""
    assert found["columns"]["chosen"] == {"rows": 40, "use": "used"}


def test_lengths_are_those_of_training(doctor: Doctor) -> None:
    data = rows(3)
    examples = tiny_model.tokenized(data).examples
    found, _, _ = doctor(data, "--trainer", "seapo")
    prompts = sorted(len(one.prompt) for one in examples)
    spread = found["tokens"]["lengths"]["prompt"]
    assert (spread["least"], spread["median"], spread["most"]) == tuple(prompts)
    shares = [len(one.shared) / max(len(side or ()) for side in one.answer) for one in examples]
    assert found["tokens"]["shared"]["most"] == pytest.approx(max(shares))


def test_pairs_over_the_limit(doctor: Doctor) -> None:
    late = {"prompt": "Who?", "chosen": "is " * 50 + "a", "rejected": "is " * 50 + "b"}
    early = {"prompt": "Who?", "chosen": "a" + " is" * 50, "rejected": "b" + " is" * 50}
    found, page, complaint = doctor([late, early], "--trainer", "seapo", "--max-length", "40")
    assert (found["tokens"]["cut"], found["tokens"]["lost"]) == (2, 1)
    assert complaint == "this would spoil training: truncation"
    assert "2 of 2 pairs (100.0%) are over --max-length 40, 1 of them with nothing" in page


def test_a_single_bad_pair_among_many_is_only_told(doctor: Doctor) -> None:
    equal = {"prompt": "Who?", "chosen": "a", "rejected": "a"}
    found, _, complaint = doctor([*rows(), equal], "--trainer", "seapo")
    assert complaint is None
    assert names(found, spoils=False) == {"equal sides"}
    _, _, complaint = doctor([*rows(), *[equal] * 3], "--trainer", "seapo")
    assert complaint == "this would spoil training: equal sides"


def test_duplicates_empty_sides_and_contradictions(doctor: Doctor) -> None:
    one = {"prompt": "Who?", "chosen": "a", "rejected": "b"}
    swapped = {"prompt": "Who?", "chosen": "b", "rejected": "a"}
    empty = {"prompt": "When?", "chosen": "a", "rejected": " "}
    found, _, complaint = doctor([one, one, swapped, empty])
    assert complaint is not None
    assert names(found, spoils=True) == {"duplicates", "empty sides", "contradictions"}


def test_words_of_special_tokens(doctor: Doctor) -> None:
    found, _, _ = doctor([{"prompt": "Who?", "chosen": "a<|im_end|>", "rejected": "b"}])
    assert "special tokens" in names(found, spoils=True)


@pytest.mark.parametrize(
    ("name", "trainer"),
    [
        ("trl", "seapo"),
        ("trl-chat", "seapo"),
        ("trl-kto", "trl"),
        ("trl-kto-chat", "trl"),
        ("axolotl", "axolotl"),
        ("openrlhf", "seapo"),
        ("llamafactory", "llamafactory"),
        ("llamafactory-sharegpt", "llamafactory"),
        ("llamafactory-kto", "llamafactory"),
        ("ultrafeedback", "seapo"),
    ],
)
def test_the_format_tells_the_trainer(doctor: Doctor, name: str, trainer: str) -> None:
    given = [
        {"prompt": r["prompt"], "response": r["chosen"], "negative": r["rejected"]} for r in rows(4)
    ]
    made = list(pair(given, PairSettings(format=name)))
    found, _, complaint = doctor(made)
    assert complaint is None
    assert found["trainer"] == trainer
    assert found["unread"]["rows"] == 0


def test_columns_are_used_ignored_or_unknown(doctor: Doctor) -> None:
    data = rows(id="a", weight=2, wieght=2, colour="red")
    found, page, _ = doctor(data, "--trainer", "seapo")
    uses = {name: one["use"] for name, one in found["columns"].items()}
    assert uses["weight"] == "used"
    assert uses["id"] == "ignored"
    assert uses["colour"] == uses["wieght"] == "unknown"
    assert "'wieght' is not read: did you mean 'weight'?" in page
    found, _, _ = doctor(data, "--trainer", "trl")
    assert found["columns"]["weight"]["use"] == "ignored"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"chosen": "a", "rejected": "b"}, "TRL would take all that both answers begin with"),
        (
            {"prompt": "x", "chosen": [{"role": "assistant", "content": "a"}], "rejected": "b"},
            "this row has prompt (text), chosen (messages), rejected (text)",
        ),
        (
            {
                "prompt": [{"role": "user", "content": "x"}],
                "chosen": [
                    {"role": "user", "content": "x"},
                    {"role": "assistant", "content": "a"},
                ],
                "rejected": [{"role": "assistant", "content": "b"}],
            },
            "column 'chosen' repeats the prompt, which would come twice",
        ),
        ([1], "a row must be a JSON object"),
    ],
)
def test_rows_that_trl_cannot_read(doctor: Doctor, row: Data, told: str) -> None:
    found, page, complaint = doctor([*chats(), row], "--trainer", "trl")
    assert complaint == "this would spoil training: unread rows"
    assert found["unread"]["rows"] == 1
    assert told in page


def test_messages_that_end_with_an_answer_are_not_a_prompt(doctor: Doctor) -> None:
    row = chats(1)[0]
    whole = [*row["prompt"], *row["chosen"]]
    _, page, complaint = doctor([{**row, "messages": whole}], "--trainer", "axolotl")
    assert complaint is not None
    assert "column 'messages' ends with an answer" in page


def test_rows_of_another_kind_than_the_first(doctor: Doctor) -> None:
    _, page, complaint = doctor([*chats(), rows(1)[0]], "--trainer", "trl")
    assert complaint == "this would spoil training: unread rows"
    assert "pairs.jsonl:41: another kind of row than the first one" in page


def test_a_model_without_a_chat_template(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.chat_template = None
    _, _, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint == "this would spoil training: chat template"
    # Rows of strings need none: they are for such models.
    found, page, complaint = doctor(rows(), "--trainer", "trl")
    assert complaint is None
    assert found["template"] is None
    assert "not applied to rows of strings" in page
    assert found["tokens"]["pairs"] == 40


def test_a_template_without_an_end_of_turn(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.chat_template = PLAIN
    found, page, complaint = doctor(chats(), "--trainer", "trl")
    assert complaint == "this would spoil training: end of turn"
    assert found["template"]["end"] is None
    assert "trl appends nothing: no answer learns to stop" in page
    found, _, complaint = doctor(chats(), "--trainer", "seapo")
    assert complaint is None
    assert names(found, spoils=False) == {"end of turn", "generation prompt"}


def test_an_end_of_turn_that_is_not_the_tokenizers(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.eos_token = "<|im_start|>"
    found, page, complaint = doctor(chats(), "--trainer", "openrlhf")
    assert complaint is None
    assert names(found, spoils=False) == {"end of turn"}
    assert "openrlhf appends a second end" in page


def test_what_a_template_adds_and_drops(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "<|im_start|>system\nYou are Tiny of {{ strftime_now('%Y') }}.<|im_end|>\n"
        "{% for m in messages if m.role != 'system' %}"
        "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    found, _, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint is None
    assert found["template"]["added"].startswith("<|im_start|>system\nYou are Tiny of 20")
    assert found["template"]["system"] == "dropped"
    assert names(found, spoils=False) == {"date"}
    _, _, complaint = doctor(rows(system="Be brief."), "--trainer", "seapo")
    assert complaint == "this would spoil training: system turns"


def test_a_template_that_refuses_or_changes(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ messages | length }}{{ messages[-1].content }}"
    _, page, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint == "this would spoil training: chat template"
    assert "changes the prompt once an answer follows" in page
    tokenizer.chat_template = tiny_model.CHATML.replace("m.content", "m.content | replace('9','')")
    found, _, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint == "this would spoil training: changed answers"
    assert found["tokens"]["changed"] > 2


def test_doubled_bos(doctor: Doctor, tokenizer: Any) -> None:
    tokenizer.bos_token = "<|im_start|>"
    from tokenizers.processors import TemplateProcessing

    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", 0)]
    )
    tokenizer.chat_template = "<|im_start|>" + tiny_model.CHATML
    found, _, complaint = doctor(rows(), "--trainer", "seapo")
    assert complaint == "this would spoil training: doubled BOS"
    assert found["tokens"]["doubled_bos"] == 40
    tokenizer.chat_template = PLAIN
    found, _, _ = doctor(rows(), "--trainer", "seapo")
    assert "BOS" in names(found, spoils=False)


def test_strings_get_the_first_token_from_trl_and_not_from_openrlhf(
    doctor: Doctor, tokenizer: Any
) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer.bos_token = "<|im_start|>"
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", 0)]
    )
    found, _, complaint = doctor(rows(), "--trainer", "trl")
    assert (complaint, found["tokens"]["without_bos"]) == (None, 0)
    found, _, complaint = doctor(rows(), "--trainer", "openrlhf")
    assert (complaint, found["tokens"]["without_bos"]) == (None, 40)


def test_a_line_that_is_not_json_is_told_with_its_number(doctor: Doctor) -> None:
    doctor(rows())
    with Path("pairs.jsonl").open("a") as file:
        file.write("nonsense\n")
    app(["doctor", "pairs.jsonl", "-m", "model", "--json", "out.json"], standalone_mode=False)
    found = json.loads(Path("out.json").read_text())
    assert (found["rows"], found["unread"]["rows"]) == (41, 1)
    assert found["unread"]["shown"][0].startswith("pairs.jsonl:41: not valid JSON")


def test_figures_to_stdout_send_the_page_to_stderr(
    doctor: Doctor, capfd: pytest.CaptureFixture[str]
) -> None:
    doctor(rows())
    app(["doctor", "pairs.jsonl", "-m", "model", "--json", "-"], standalone_mode=False)
    out, err = capfd.readouterr()
    assert json.loads(out)["pairs"] == 40
    assert "nothing found that would spoil training" in err


def test_what_to_install(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seapo_cli.extras.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"^seapo doctor needs torch, transformers: pip install"):
        doctor(rows())


def test_no_rows_and_usage_errors(doctor: Doctor) -> None:
    _, _, complaint = doctor([])
    assert complaint == "this would spoil training: no pairs"
    for arguments, told in (
        (["nothing.jsonl"], "nothing.jsonl: no such file"),
        (["pairs.jsonl", "-m", "nowhere/"], "--model: nowhere/"),
        (["pairs.jsonl", "-m", "model", "--json", "pairs.jsonl"], "pairs.jsonl"),
    ):
        with pytest.raises(UsageError, match=told):
            app(["doctor", *arguments], standalone_mode=False)
