"""`decloak baseline`: what every result is to be compared with, one command each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from decloak.cli.baseline_data import BaselineTables, evaluation_texts, training_texts
from decloak.cli.errors import clear_errors, note
from decloak.cli.options import TextColumn

baseline = typer.Typer(
    help="Make a baseline to compare a model with: a word list, a linear model, or a plain encoder. "
    "`decloak evaluate --model DIR` measures each of them like any other model.",
    no_args_is_help=True,
)

Train = Annotated[
    list[str],
    typer.Option(
        "--train",
        metavar="[NAME=]PATH",
        help="A table with labelled texts (.csv, .tsv, .jsonl, .parquet, also with .gz); may be repeated.",
        show_default=False,
    ),
]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(
        help="A table whose texts (column text) are kept out of training, such as the test set; may be repeated. "
        "Case, width and white space do not matter, and near duplicates leave, too.",
        show_default=False,
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the baseline; empty or not there.", show_default=False)
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        help="Read the tables as a recipe does, with its filters, limits and exclusions, so that the baseline sees "
        "what the model saw: --train then names the tables as in the recipe, those that it excludes too.",
        show_default=False,
    ),
]
LabelColumn = Annotated[str, typer.Option(help="The column that holds the label: 0, 1, not_hateful or hateful.")]
Limit = Annotated[
    int | None, typer.Option(min=1, help="Most rows of each table, chosen by the seed.", show_default=False)
]
Seed = Annotated[
    int | None, typer.Option(help="Of everything random. Default: the recipe's, or 0.", show_default=False)
]


@baseline.command()
def tfidf(
    train: Train,
    output: Output,
    exclude: Exclude = None,
    recipe: RecipeOption = None,
    ngrams: Annotated[
        tuple[int, int], typer.Option(help="Least and greatest length of the character strings that it sees.")
    ] = (1, 3),
    regularisation: Annotated[
        float, typer.Option(help="C of the SVM: greater fits closer. 0.3 was best on COLD's development split.")
    ] = 0.3,
    calibrate: Annotated[
        bool, typer.Option(help="Make scores probabilities, by a sigmoid fitted on held-out folds of the texts.")
    ] = True,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    limit: Limit = None,
    seed: Seed = None,
) -> None:
    """Train character TF-IDF and a linear SVM: seconds to train, and hard to beat where train and test are alike.

    What it shows: how far strings alone go. A model that is no better has learnt words, not meaning.

    **Examples**

    ```
    decloak baseline tfidf --train train.csv --exclude test.csv --output svm
    decloak evaluate --model svm --data test.csv
    decloak baseline tfidf --recipe decloak-small --train cold=cold.csv --train swsr=swsr.csv ... --output svm
    ```
    """
    with clear_errors():
        from decloak.evaluation.baselines.tfidf import train_tfidf

        tables = BaselineTables(train, exclude or [], recipe, text_column, label_column, limit, seed)
        typer.echo(train_tfidf(training_texts(tables), output, ngrams, regularisation, calibrate))


@baseline.command()
def lexicon(
    output: Output,
    words: Annotated[
        list[Path] | None,
        typer.Option(
            help="A word list: one entry a line, or an entry, a tab and its severity (1 is a plain hit); may be "
            "repeated. Default: the English and Chinese lists that come with decloak.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a classifier of word lists: a measuring baseline, not a moderation rule.

    It answers hateful when it finds an entry (case and width do not matter; English entries as whole words, Chinese
    ones anywhere), and its reasons are the entries. The score is 1 - 0.5 ** hits, a hit counting as its severity.

    What it shows: how much of a data set can be told by known words. The lists that come with decloak are LDNOOBW
    (CC BY 4.0) and SexHateLex (MIT).

    **Examples**

    ```
    decloak baseline lexicon --output words
    decloak baseline lexicon --words slurs.txt --words insults.tsv --output words
    decloak evaluate --model words --data test.csv
    ```
    """
    with clear_errors():
        from decloak.evaluation.baselines.lexicon import make_lexicon

        typer.echo(make_lexicon(words or [], output))


@baseline.command()
def encoder(
    encoder: Annotated[
        str, typer.Option(help="Text encoder to start from: a folder or a Hub id, safetensors.", show_default=False)
    ],
    train: Train,
    output: Output,
    eval_data: Annotated[
        Path | None,
        typer.Option(
            help="Table that is measured after each epoch and kept out of training; it chooses nothing. With --frozen "
            "it is only kept out.",
            show_default=False,
        ),
    ] = None,
    exclude: Exclude = None,
    recipe: RecipeOption = None,
    frozen: Annotated[
        bool,
        typer.Option(
            "--frozen",
            help="Leave the encoder as it is: embed each text once and fit a logistic regression. A sentence encoder "
            "is used as it is, any other under mean pooling.",
        ),
    ] = False,
    prompt: Annotated[
        str | None,
        typer.Option(help='Put before each text with --frozen, such as "query: " for E5.', show_default=False),
    ] = None,
    epochs: Annotated[float, typer.Option(help="Times that each text is seen.")] = 2.0,
    learning_rate: Annotated[float, typer.Option(help="Its peak, after 6 % of the steps.")] = 3e-5,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts a step.")] = 32,
    max_length: Annotated[int, typer.Option(min=3, help="Tokens that texts are cut to in training; counted.")] = 128,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after as many steps.", show_default=False)] = None,
    save_steps: Annotated[int, typer.Option(min=1, help="Steps between the checkpoints for --resume.")] = 200,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the last checkpoint in --output. With --frozen there is none."),
    ] = False,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    limit: Limit = None,
    seed: Seed = None,
) -> None:
    """Fine-tune a plain encoder, or with --frozen fit a linear head on it.

    What it shows: what the encoder brings by itself. A model that adds senses, experts or rules to an encoder is to
    be compared with this, on the same texts and for as many epochs.

    The folder is an ordinary one of transformers, with --frozen one of sentence-transformers and a linear head
    (needs decloak[embeddings]).

    **Examples**

    ```
    decloak baseline encoder --encoder ./bert --train train.csv --eval-data dev.csv --exclude test.csv --output plain
    decloak baseline encoder ... --output plain --resume    # after a kill, with the same options: the same weights
    decloak baseline encoder --encoder ./e5 --prompt "query: " --frozen --train train.csv --output frozen
    decloak evaluate --model plain --data test.csv
    ```
    """
    with clear_errors():
        tables = BaselineTables(train, exclude or [], recipe, text_column, label_column, limit, seed, eval_data)
        if frozen:
            typer.echo(_train_frozen(encoder, tables, output, prompt, batch_size, max_length))
            return
        if prompt is not None:
            raise ValueError("--prompt was given without --frozen: fine-tuning learns from the texts as they are")
        options = {
            "epochs": epochs,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "max_length": max_length,
            "max_steps": max_steps,
            "save_steps": save_steps,
        }
        typer.echo(_train_encoder(encoder, tables, output, options, resume))


def _train_frozen(
    encoder: str, tables: BaselineTables, output: Path, prompt: str | None, batch_size: int, max_length: int
) -> Path:
    from decloak.evaluation.baselines.frozen_encoder import train_frozen_encoder

    return train_frozen_encoder(encoder, training_texts(tables), output, prompt, batch_size, max_length)


def _train_encoder(
    encoder: str, tables: BaselineTables, output: Path, options: dict[str, float | int | None], resume: bool
) -> Path:
    from decloak.evaluation.baselines.encoder import EncoderSettings, train_encoder
    from decloak.training.run import fast_bfloat16

    data = training_texts(tables)
    settings = EncoderSettings(**options, bfloat16=fast_bfloat16())  # type: ignore[arg-type]
    return train_encoder(encoder, data, output, evaluation_texts(tables, data.labels), settings, resume, _say)


def _say(record: dict[str, Any]) -> None:
    """Show a record of the log on stderr."""
    values = {name: record[name] for name in ("loss", "eval_loss", "eval_macro_f1") if name in record}
    if values:
        measures = ", ".join(f"{name.replace('_', ' ')} {float(value):.4f}" for name, value in values.items())
        note(f"step {record['step']} of {record['steps']}: {measures}")


__all__ = ["baseline"]
