"""What is trained: a transformers checkpoint or a GGUF file, its tokenizer, and adapters on it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from seapo_cli.exceptions import UsageError
from seapo_cli.options import TokenSettings, TrainSettings
from seapo_cli.training.adapters import with_adapters


def load_tokenizer(settings: TrainSettings) -> Any:
    """The model's tokenizer, with the user's chat template if one is given.

    Raises:
        UsageError: it cannot be loaded, or has no chat template or no end token.
    """
    tokenizer = any_tokenizer(settings)
    if tokenizer.chat_template is None:
        raise UsageError(
            f"{settings.model} has no chat template (a base model?): "
            "give a Jinja file with --chat-template"
        )
    return tokenizer


def any_tokenizer(settings: TokenSettings) -> Any:
    """The model's tokenizer, with the user's chat template where one is given.

    Raises:
        UsageError: it cannot be loaded, or has no end token.
    """
    tokenizer = pretrained_tokenizer(settings.model)
    if settings.chat_template is not None:
        try:
            tokenizer.chat_template = settings.chat_template.read_text()
        except OSError as error:
            raise UsageError(
                f"--chat-template: {settings.chat_template}: {error.strerror}"
            ) from None
    if tokenizer.eos_token_id is None:
        raise UsageError(f"{settings.model}: the tokenizer names no end-of-text token")
    return tokenizer


def load_model(settings: TrainSettings, bf16: bool, empty: bool = False) -> Any:
    """The model to train, on the CPU (in 4 bits: on the GPU), with adapters if asked for.

    Weights that are trained are fp32 also under bf16 (which rounds small steps away); weights
    that are frozen under adapters are kept in the precision they are used in. An `empty` one has
    shapes only (on the device `meta`), for a process that is sent its shards.

    Raises:
        UsageError: it cannot be loaded.
    """
    dtype = torch.bfloat16 if bf16 and settings.lora_rank else torch.float32
    if settings.qlora:
        model = load_in_4_bits(settings.model, dtype)
    else:
        load = _without_weights if empty else pretrained_model
        model = load(settings.model, dtype)
    model.config.use_cache = False
    if settings.lora_rank:
        model = with_adapters(model, settings)
    return model.train()


def turn_off_dropout(model: nn.Module) -> None:
    """Disable every kind of dropout: rewards compare the model with a reference that has none.

    Layers keep rates under names of their own, or read them from the configuration. Not for a
    model that is saved: its configuration would not be the base model's any more.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for owner in (module, getattr(module, "config", None)):
            rates = {
                name: one for name, one in getattr(owner, "__dict__", {}).items() if "drop" in name
            }
            for name, rate in rates.items():
                if isinstance(rate, float):
                    setattr(owner, name, 0.0)


def pretrained_tokenizer(name: str) -> Any:
    """A model's own tokenizer.

    Raises:
        UsageError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    return _loaded(AutoTokenizer, name)


def pretrained_model(name: str, dtype: torch.dtype) -> Any:
    """A model as it is on disk or on the hub, on the CPU.

    Raises:
        UsageError: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM

    model = _loaded(AutoModelForCausalLM, name, dtype=dtype)
    return _plain(model, dtype) if is_gguf(name) else model


def pretrained_classifier(name: str, dtype: torch.dtype) -> Any:
    """A sequence classifier that gives one number, on the CPU: a reward model.

    Raises:
        UsageError: it cannot be loaded, has several labels, or no trained head.
    """
    from transformers import AutoModelForSequenceClassification

    model, loading = _loaded(
        AutoModelForSequenceClassification, name, dtype=dtype, output_loading_info=True
    )
    if untrained := sorted(loading["missing_keys"]):
        raise UsageError(
            f"{name} is not a reward model: it has no weights for {', '.join(untrained[:3])}"
        )
    if (count := model.config.num_labels) != 1:
        raise UsageError(f"{name} is a classifier with {count} labels: a reward model has one")
    return model


def load_in_4_bits(name: str, dtype: torch.dtype) -> Any:
    """A model whose linear layers are 4-bit (NF4, QLoRA's), on this process's GPU.

    Raises:
        UsageError: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    here = {"": torch.cuda.current_device()}
    return _loaded(
        AutoModelForCausalLM, name, dtype=dtype, quantization_config=four_bits, device_map=here
    )


def model_without_weights(name: str, dtype: torch.dtype) -> Any:
    """A model of which only the buffers have values; its weights are on the device `meta`.

    Raises:
        UsageError: its configuration cannot be loaded.
    """
    from accelerate import init_empty_weights
    from transformers import AutoConfig, AutoModelForCausalLM

    config = _loaded(AutoConfig, name)
    config.use_cache = False
    with init_empty_weights(include_buffers=False):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.tie_weights()  # each was replaced by one of its own
    return model


def _without_weights(name: str, dtype: torch.dtype) -> Any:
    from transformers import AutoConfig

    return _shapes(_loaded(AutoConfig, name), dtype)


def quiet() -> None:
    """Keep transformers' own bars and notes, which are for its developers, off stderr."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def is_gguf(name: str) -> bool:
    """Whether the name is that of a GGUF file."""
    return name.endswith(".gguf")


def _loaded(kind: Any, name: str, **options: Any) -> Any:
    try:
        if not is_gguf(name):
            return kind.from_pretrained(name, **options)
        # Alone in a folder: a checkpoint's files beside it would be read instead of its own.
        with TemporaryDirectory() as folder, _plain_slices():
            link = Path(folder, Path(name).name)
            link.symlink_to(Path(name).resolve())
            return kind.from_pretrained(folder, gguf_file=link.name, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(f"--model: {name}: {reason}") from None


@contextmanager
def _plain_slices() -> Iterator[None]:
    """Have gguf parse plain arrays: it slices a memory map for every token of the vocabulary,
    which takes three times as long, and transformers parses a file once for each thing it reads."""
    import gguf

    package: Any = gguf

    class Reader(gguf.GGUFReader):
        @property
        def data(self) -> Any:
            return self._plain

        @data.setter
        def data(self, mapped: Any) -> None:
            self._plain = mapped.view(np.ndarray)

    given, package.GGUFReader = gguf.GGUFReader, Reader
    try:
        yield
    finally:
        package.GGUFReader = given


def _plain(loaded: Any, dtype: torch.dtype) -> Any:
    """The dequantized weights in a model that transformers can save, unlike its own."""
    model = _shapes(loaded.config, dtype)
    model.load_state_dict(loaded.state_dict(), assign=True)
    for name, buffer in loaded.named_buffers():
        owner, _, leaf = name.rpartition(".")
        model.get_submodule(owner).register_buffer(leaf, buffer, persistent=False)
    model.tie_weights()
    model.generation_config = loaded.generation_config
    return model


def _shapes(config: Any, dtype: torch.dtype) -> Any:
    """A model of this configuration on the device `meta`."""
    from transformers import AutoModelForCausalLM

    config.__dict__.pop("quantization_config", None)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, dtype=dtype)
