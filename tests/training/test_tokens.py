"""Token ids: the boundary to the answer, the end of turn, the branch point, truncation."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_model
from seapo_cli.exceptions import RowError
from seapo_cli.training.tokens import Chat, Example, Limits, Tokenized, tokenize

END = 1
"""Id of <|im_end|>."""


def only(chosen: str, rejected: str, prompt: str = "Who?") -> Example:
    row = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    (example,) = tiny_model.tokenized([row]).examples
    return example


def cut(rows: list[dict[str, Any]], max_length: int, too_long: Any) -> Tokenized:
    return tokenize(
        tiny_model.read(rows), Chat(tiny_model.tiny_tokenizer()), Limits(max_length, too_long)
    )


def test_both_sides_end_with_the_end_of_turn_and_nothing_after_it() -> None:
    example = only("Paris", "Rome")
    assert example.chosen[-1] == example.rejected[-1] == END
    assert END not in example.chosen[:-1]


def test_branch_point_lies_where_the_tokens_differ() -> None:
    tokenizer = tiny_model.tiny_tokenizer()
    # "Paris" is one token: the characters differ after "Pari", the tokens at "Paris".
    example = only("of Paris", "of Parix")
    assert tokenizer.decode(example.shared.tolist()) == "of"
    assert tokenizer.decode(example.chosen.tolist()) == " Paris<|im_end|>"


def test_one_side_a_prefix_of_the_other_parts_at_the_end_of_turn() -> None:
    example = only("Paris", "Paris is")
    assert example.chosen.tolist() == [END]
    assert len(example.rejected) > 1


def test_template_without_an_end_of_turn_gets_one() -> None:
    tokenizer = tiny_model.tiny_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    chat, pair = Chat(tokenizer), tiny_model.read([{"prompt": "Q", "chosen": "a", "rejected": "b"}])
    ids = chat.completion(pair[0].prompt, chat.prompt(pair[0].prompt), "a")
    assert ids[-1] == END


def test_template_that_changes_the_prompt_is_refused() -> None:
    tokenizer = tiny_model.tiny_tokenizer()
    tokenizer.chat_template = "{{ messages | length }}{{ messages[-1].content }}"
    chat, pair = Chat(tokenizer), tiny_model.read([{"prompt": "Q", "chosen": "a", "rejected": "b"}])
    with pytest.raises(RowError, match="changes the prompt"):
        chat.completion(pair[0].prompt, chat.prompt(pair[0].prompt), "a")


def test_truncation_cuts_the_answer_only_and_is_counted() -> None:
    row = {"prompt": "Who?", "chosen": "Paris " + "is " * 50, "rejected": "Rome"}
    data = cut([row], 40, "truncate")
    (example,) = data.examples
    assert len(example.prompt) + len(example.shared) + len(example.chosen) == 40
    assert END not in example.chosen
    assert example.rejected[-1] == END
    assert data.counts["truncated"] == 1


def test_drop_and_pairs_that_nothing_could_be_learnt_from() -> None:
    long = {"prompt": "Who?", "chosen": "Paris " + "is " * 50, "rejected": "Rome"}
    late = {"prompt": "Who?", "chosen": "is " * 50 + "a", "rejected": "is " * 50 + "b"}
    asked = {"prompt": "is " * 50, "chosen": "a", "rejected": "b"}
    assert cut([long], 40, "drop").counts["too_long"] == 1
    data = cut([late, asked], 40, "truncate")
    assert not data.examples
    assert data.counts["too_long"] == 2


def test_equal_sides_are_counted() -> None:
    data = tiny_model.tokenized([{"prompt": "Who?", "chosen": "Paris", "rejected": "Paris"}])
    assert data.counts["equal"] == 1
