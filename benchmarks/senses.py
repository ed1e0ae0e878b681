"""What hearing and seeing cost, as ratios measured in one run.

    python benchmarks/senses.py --format json
    python benchmarks/senses.py --kokoro kokoro-82m/ --format json

Models have the true shapes (bert-base-chinese, whisper-base, CLIP ViT-B/32) and random weights; texts are random
characters of the lengths of `text_lengths.tsv`. Compared ways are interleaved, and the fastest round of each counts, so
that a busy machine hits all of them.

- `whisper_speedup`: the encoder on 5 s of audio, against the same audio padded to 30 s.
- `glyph_speedup`: vision features of characters looked up in a bank, against encoding every one.
- `bank_over_text_add`, `bank_over_text_concat`: text to label with `senses="bank"`, against a plain BERT of the same
  shape on the text alone, on a batch of 32 texts of middle length. Experts are in the last quarter of the layers,
  without the shared one; `..._all_layers` has the paper's, four projections in every layer.
- `bank_speedup`: a text to its label with banks, in a batch of 32, against speaking, hearing and drawing it. Without
  `--kokoro` the engine is left out of the exact way, whose audio is then noise of a usual length. Both ways compute in
  bfloat16 where the processor has it in hardware; `..._float32` do not.
"""

import json
import time
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
)

from decloak.modeling import MMBertConfig, MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from decloak.processing.tables import load_table
from decloak.training.banks.sound_bank import syllable_texts
from decloak.training.banks.sound_tables import make_sound_tables
from decloak.training.run import fast_bfloat16

LENGTHS = Path(__file__).parent / "text_lengths.tsv"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY_SIZE = 21_128  # bert-base-chinese
GLYPHS = 8_000
BANK_WIDTH = 64
SECONDS_PER_CHARACTER = 0.2  # Kokoro's Mandarin, without its silence
AUDIO_SECONDS = 5.0
BATCH = 32
EXACT_TEXTS = 6  # texts that are spoken, heard and drawn: seconds each
LAST_QUARTER = [9, 10, 11]

Way = Callable[[], Any]


class Format(str, Enum):
    """How the ratios are printed."""

    table = "table"
    json = "json"


def common_characters() -> list[str]:
    """List the most used Han characters: those of GB 2312's first level that have a reading."""
    readings = load_table("readings")
    return [c for c in readings if len(code := c.encode("gb2312", "ignore")) == 2 and code[0] < 0xD8]


def random_texts(count: int, seed: int, longest: int) -> list[str]:
    """Return texts of random common characters, as long as comments are."""
    rng = np.random.default_rng(seed)
    rows = [line.split("\t") for line in LENGTHS.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    lengths = np.array([int(length) for length, _ in rows])
    counts = np.array([int(number) for _, number in rows], dtype=float)
    characters = np.array(common_characters())
    chosen = rng.choice(lengths, size=count, p=counts / counts.sum()).clip(max=longest)
    return ["".join(rng.choice(characters, size=length)) for length in sorted(chosen)]


def middle(texts: Sequence[str], count: int) -> list[str]:
    """Return the middle ones of texts that are sorted by length: a batch as the pipeline makes it."""
    start = (len(texts) - count) // 2
    return list(texts[start : start + count])


def tokenizer() -> PreTrainedTokenizerFast:
    """Make a tokenizer like that of bert-base-chinese: a piece a character."""
    pieces = [*SPECIAL, *load_table("readings")]
    vocabulary = {piece: index for index, piece in enumerate(pieces[:VOCABULARY_SIZE])}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no password
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    special = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=special)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, **names)


def processor(kokoro: Path | None) -> MultimodalHateProcessor:
    """Make a processor with banks of the shipped sizes, and an engine if there is one."""
    tables = make_sound_tables(emoji=False)
    return MultimodalHateProcessor(
        tokenizer(),
        WhisperFeatureExtractor(),
        CLIPImageProcessorPil(),
        default_modalities=["text", "speech", "vision"],
        glyph_characters=list(load_table("readings"))[:GLYPHS],
        sound_units=list(syllable_texts(tables)),
        sound_tables=tables,
        speech_engine="kokoro" if kokoro else None,
        speech_model=str(kokoro) if kokoro else None,
    )


def mmbert(units: MultimodalHateProcessor, encoders: bool, **fields: Any) -> MMBertForSequenceClassification:
    """Make an MMBERT of bert-base-chinese's shape with banks, and with the frozen encoders if wanted."""
    shape: dict[str, Any] = {
        "glyph_bank_size": len(units.glyph_characters or ()) + 1,
        "sound_bank_size": len(units.sound_units or ()) + 1,
        "speech_feature_size": BANK_WIDTH,
        "vision_feature_size": BANK_WIDTH,
    }
    if encoders:
        shape |= {"audio_config": whisper_base(), "vision_config": CLIPVisionConfig()}
    return MMBertForSequenceClassification(MMBertConfig(**(shape | fields))).eval()


def whisper_base() -> WhisperConfig:
    """Return the shape of whisper-base."""
    return WhisperConfig(
        d_model=512, encoder_layers=6, encoder_attention_heads=8, encoder_ffn_dim=2048, decoder_layers=1
    )


def fastest(ways: dict[str, Way], rounds: int, warm_up: int = 1) -> dict[str, float]:
    """Return the processor seconds of each way's fastest round, after `warm_up` that do not count."""
    best = dict.fromkeys(ways, float("inf"))
    for turn in range(-warm_up, rounds):
        for name, way in ways.items():
            start = time.process_time()
            with torch.inference_mode():
                way()
            if turn >= 0:
                best[name] = min(best[name], time.process_time() - start)
    return best


def in_batches(texts: Sequence[str], answer: Callable[[list[str]], Any]) -> None:
    """Answer texts, which are sorted by length, in batches."""
    for start in range(0, len(texts), BATCH):
        answer(list(texts[start : start + BATCH]))


def whisper_ratios(rounds: int) -> dict[str, float]:
    """Time Whisper's encoder on the true length against the padded one, in float32 and in bfloat16."""
    model = mmbert_speech()
    frames = int(AUDIO_SECONDS * 100)
    padded = torch.randn(1, 80, 3000)
    true, mask = padded[..., :frames], torch.ones(1, frames)
    tokens = torch.ones(1, 25)
    ratios = {}
    for dtype in (torch.float32, torch.bfloat16):
        speech = model.to(dtype)
        seconds = fastest(
            {
                "padded": partial(speech.encoder, padded.to(dtype)),
                "true": partial(speech.encode, true.to(dtype), mask, tokens),
            },
            rounds,
        )
        name = "whisper_speedup" + ("" if dtype == torch.float32 else "_bfloat16")
        ratios[name] = seconds["padded"] / seconds["true"]
    return ratios


def mmbert_speech() -> Any:
    """Make the hearing of an MMBERT alone, with whisper-base's encoder."""
    config = MMBertConfig(audio_config=whisper_base(), num_hidden_layers=1)
    return MMBertForSequenceClassification(config).eval().mmbert.speech


def glyph_ratios(rounds: int) -> dict[str, Any]:
    """Time looking glyphs up against encoding each, and compare what they give."""
    count = 64
    config = MMBertConfig(vision_config=CLIPVisionConfig(), num_hidden_layers=1, glyph_bank_size=count)
    vision: Any = MMBertForSequenceClassification(config).eval().mmbert.vision
    pixels = torch.randn(count, 3, 224, 224)
    with torch.inference_mode():
        vision.bank.weight.copy_(vision.encode(pixels))
        difference = (vision.look_up(torch.arange(count)[None], "ids")[0] - vision.encode(pixels)).abs().max()
    ids = torch.arange(count)[None]
    seconds = fastest({"encode": partial(vision.encode, pixels), "bank": partial(vision.look_up, ids, "ids")}, rounds)
    return {"glyph_speedup": seconds["encode"] / seconds["bank"], "glyph_difference": float(difference)}


def text_ratios(texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Time text to label with banks against a plain BERT of the same shape on text alone."""
    make = processor(None)
    plain = BertForSequenceClassification(BertConfig(vocab_size=VOCABULARY_SIZE)).eval()

    def read(rows: list[str]) -> None:
        plain(**make.tokenizer(rows, padding=True, return_tensors="pt"))

    def sense(model: MMBertForSequenceClassification, rows: list[str]) -> None:
        model(**make(text=rows, senses="bank"))

    ways: dict[str, Way] = {"text": partial(in_batches, texts, read)}
    for fusion in ("add", "concat"):
        few = mmbert(make, False, fusion=fusion, shared_expert=False, expert_layers=LAST_QUARTER)
        ways[f"bank_over_text_{fusion}"] = partial(in_batches, texts, partial(sense, few))
        every = mmbert(make, False, fusion=fusion)
        ways[f"bank_over_text_{fusion}_all_layers"] = partial(in_batches, texts, partial(sense, every))
    seconds = fastest(ways, rounds)
    return {name: took / seconds["text"] for name, took in seconds.items() if name != "text"}


def bank_ratio(texts: Sequence[str], rounds: int, kokoro: Path | None) -> dict[str, Any]:
    """Time text to label with banks against speaking (with `kokoro`), hearing and drawing each text."""
    make = processor(kokoro)
    exact = mmbert(make, True, fusion="add", shared_expert=False, expert_layers=LAST_QUARTER)
    bank = mmbert(make, False, fusion="add", shared_expert=False, expert_layers=LAST_QUARTER)
    noise = np.random.default_rng(0).normal(size=16_000 * 120).astype(np.float32) * 0.1

    def answer(model: MMBertForSequenceClassification, batch: Any, fast: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            model(**batch)

    def speak(rows: list[str], fast: bool = False) -> None:
        audio = None if kokoro else [noise[: int(len(row) * SECONDS_PER_CHARACTER * 16_000)] for row in rows]
        batch = make(text=rows, audio=audio, senses="exact", modalities=["text", "speech", "vision"])
        answer(exact, batch, fast)

    def look_up(rows: list[str], fast: bool = False) -> None:
        answer(bank, make(text=rows, senses="bank"), fast)

    with torch.inference_mode():
        speak(["\u4f60\u597d"])  # loads engine and dictionaries
    some = middle(texts, EXACT_TEXTS)
    ratios: dict[str, Any] = {"bank_speedup_counts_the_engine": kokoro is not None}
    for name, fast in (("bank_speedup_float32", False), ("bank_speedup", fast_bfloat16())):
        slow = fastest({"exact": partial(speak, some, fast)}, 1, warm_up=0)["exact"] / len(some)
        quick = fastest({"bank": partial(in_batches, texts, partial(look_up, fast=fast))}, rounds)["bank"] / len(texts)
        ratios[name] = slow / quick
    return ratios


def main(
    format: Annotated[Format, typer.Option(help="A table for people, or one JSON object.")] = Format.table,
    kokoro: Annotated[Path | None, typer.Option(help="Folder of Kokoro-82M, to count the engine, too.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the fastest of each way counts.")] = 2,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch.")] = 1,
) -> None:
    """Measure, and print the ratios."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    ratios: dict[str, Any] = {
        **whisper_ratios(rounds),
        **glyph_ratios(rounds),
        **text_ratios(middle(random_texts(4 * BATCH, 0, 500), BATCH), rounds),
        **bank_ratio(middle(random_texts(4 * BATCH, 1, 500), BATCH), rounds, kokoro),
    }
    ratios |= {"rounds": rounds, "threads": threads}
    if format is Format.json:
        typer.echo(json.dumps(ratios, indent=2))
        return
    table = Table("ratio", "value")
    for name, value in ratios.items():
        table.add_row(name, f"{value:.2f}" if isinstance(value, float) else str(value))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
