"""How fast texts are scored, against `transformers.pipeline` at its defaults, as ratios of one run.

    python benchmarks/evaluation.py --format json

The model is a BERT with random weights, the texts are random Han characters in the lengths of a shipped histogram of
real comments. Both ways run on the same threads, in turns; the fastest round of each counts. `pipeline_speedup_fp32` is
that of batches of like length within a budget of tokens, with equal outputs; `pipeline_speedup_bf16` the same with
bfloat16 weights, where the CPU has them.
"""

import json
import random
import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from decloak.evaluation import token_batches
from decloak.evaluation.answers import answers

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

HISTOGRAM = Path(__file__).with_name("text_lengths.tsv")
# Of BERT configurations: decloak-small's own size, and bert-base.
SHAPES: dict[str, dict[str, int]] = {
    "small": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536},
    "base": {},
}
POSITIONS = 512


class Form(str, Enum):
    """How the numbers are printed."""

    table = "table"
    json = "json"


def main(
    shape: Annotated[str, typer.Option(help=f"Size of the model: {' or '.join(SHAPES)}.")] = "small",
    rows: Annotated[int, typer.Option(min=1, help="Texts.")] = 400,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds; the fastest of each way counts.")] = 3,
    threads: Annotated[int, typer.Option(help="Threads of torch; 0 leaves its default.")] = 0,
    seed: Annotated[int, typer.Option(help="Of texts and weights.")] = 0,
    budgets: Annotated[bool, typer.Option("--budgets", help="Try budgets of 256 to 8192 tokens, too.")] = False,
    format_: Annotated[Form, typer.Option("--format", help="A table, or one JSON object.")] = Form.table,
) -> None:
    """Measure and print."""
    if threads:
        torch.set_num_threads(threads)
    texts = sample_texts(rows, seed)
    compared = [_measured(shape, texts, repeats, seed, None)]
    if budgets:
        compared += [_measured(shape, texts, repeats, seed, 2**power) for power in range(8, 14)]
    found = compared[0] | {"shape": shape, "texts": rows, "threads": torch.get_num_threads()}
    if budgets:
        found["budgets"] = compared[1:]
    if format_ is Form.json:
        Console().print_json(json.dumps(found))
        return
    table = Table("tokens a batch", "float32", "bfloat16", title="times as fast as transformers.pipeline")
    for one in compared:
        table.add_row(
            str(one["token_budget"]), f"{one['pipeline_speedup_fp32']:.2f}", f"{one['pipeline_speedup_bf16']:.2f}"
        )
    Console().print(table)


def sample_texts(rows: int, seed: int) -> list[str]:
    """Make texts of random characters, in lengths drawn from the histogram."""
    lines = [line.split("\t") for line in HISTOGRAM.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    lengths, counts = zip(*((int(length), int(count)) for length, count in lines), strict=True)
    chooser = random.Random(seed)  # noqa: S311  lengths, no secrets
    drawn = chooser.choices(lengths, weights=counts, k=rows)
    characters = [chr(code) for code in range(0x4E00, 0x4E80)]
    return ["".join(chooser.choices(characters, k=min(length, POSITIONS - 2))) for length in drawn]


def classifier(shape: str, seed: int) -> "TextClassificationPipeline":
    """Make a BERT with random weights that reads Han characters, in a pipeline at its defaults."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *map(chr, range(0x4E00, 0x4E80))]
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)  # a token a character
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, pad_token="[PAD]")  # noqa: S106
    torch.manual_seed(seed)
    model = BertForSequenceClassification(BertConfig(vocab_size=len(pieces), **SHAPES[shape])).eval()
    return pipeline("text-classification", model=model, tokenizer=fast, device="cpu")


def _measured(shape: str, texts: list[str], repeats: int, seed: int, budget: int | None) -> dict[str, Any]:
    """Time the three ways in turns, and compare their scores."""
    default = token_batches.CPU_TOKENS
    token_batches.CPU_TOKENS = budget or default
    plain, narrow = classifier(shape, seed), classifier(shape, seed)
    narrow.model.to(torch.bfloat16)
    ways = {
        "pipeline": lambda: [scored["score"] for scored in plain(texts)],
        "fp32": lambda: _scores(plain, texts),
        "bf16": lambda: _scores(narrow, texts),
    }
    best = dict.fromkeys(ways, float("inf"))
    scores: dict[str, list[float]] = {}
    for way in ways.values():
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            scores[name] = way()
            best[name] = min(best[name], time.perf_counter() - start)
    token_batches.CPU_TOKENS = default
    fast_ids = plain.tokenizer(texts)["input_ids"]  # type: ignore[misc]
    return {
        "token_budget": budget or default,
        "pipeline_speedup_fp32": round(best["pipeline"] / best["fp32"], 3),
        "pipeline_speedup_bf16": round(best["pipeline"] / best["bf16"], 3),
        "difference_fp32": _apart(scores["pipeline"], scores["fp32"]),
        "difference_bf16": _apart(scores["pipeline"], scores["bf16"]),
        "mean_tokens": round(sum(map(len, fast_ids)) / len(texts), 1),
        "texts_per_second": {name: round(len(texts) / seconds, 1) for name, seconds in best.items()},
    }


def _scores(pipe: "TextClassificationPipeline", texts: list[str]) -> list[float]:
    return [answer["score"] for answer in answers(pipe, texts)]


def _apart(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    typer.run(main)
