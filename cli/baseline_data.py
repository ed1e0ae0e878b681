"""The tables that a baseline is trained on, read by the same rules as those of any other training run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from decloak.cli.errors import note

if TYPE_CHECKING:
    from decloak.evaluation.baselines.training_texts import TrainingTexts
    from decloak.training.recipe import Recipe


@dataclass(frozen=True)
class BaselineTables:
    """What `decloak baseline` was told to read.

    Attributes:
        train: `PATH` or `NAME=PATH`.
        exclude: Tables whose texts are kept out, in their column `text`.
        recipe: File or name of a recipe that says how the named tables are read; None reads them whole.
        text_column: Column of the texts, without a recipe.
        label_column: Column of the labels, without a recipe.
        limit: Most rows a table, without a recipe.
        seed: Of the choice and order of rows; None is the recipe's, or 0.
        eval_data: A table that is measured, and kept out of training.
    """

    train: Sequence[str]
    exclude: Sequence[Path] = ()
    recipe: str | None = None
    text_column: str = "text"
    label_column: str = "label"
    limit: int | None = None
    seed: int | None = None
    eval_data: Path | None = None


def training_texts(tables: BaselineTables) -> "TrainingTexts":
    """Read the texts to train on, and say on stderr what was left out and why.

    Raises:
        FileNotFoundError: A table or the recipe is not there.
        ValueError: A table cannot be used, or tables and recipe do not meet.
    """
    from decloak.evaluation.baselines.training_texts import TrainingTexts
    from decloak.training.run import read_data

    named = named_tables(tables.train)
    settings = _settings(tables, named)
    kept_out = {f"exclude {number}": path for number, path in enumerate(tables.exclude, 1)}
    seed = settings.seed if tables.seed is None else tables.seed
    settings = settings.model_copy(update={"exclude": [*settings.exclude, *kept_out], "seed": seed})
    mixture = read_data(settings, named | kept_out, tables.eval_data)
    for name, counts in mixture.counts.items():
        note(account(name, counts))
    names = [source.name for source in settings.data]
    use = {
        "train": [path for name, path in named.items() if name in names],
        "exclude": [path for name, path in (named | kept_out).items() if name not in names],
        "evaluate": [tables.eval_data] if tables.eval_data else [],
    }
    return TrainingTexts.of_mixture(mixture, settings.labels, use, seed)


def evaluation_texts(tables: BaselineTables, labels: Sequence[str]) -> "TrainingTexts | None":
    """Read the table that is measured while training, if there is one; rows that cannot be used are counted.

    Raises:
        FileNotFoundError: It is not there.
        ValueError: It cannot be used.
    """
    from decloak.evaluation.baselines.training_texts import TrainingTexts
    from decloak.training.data.mixture import class_id
    from decloak.training.data.tables import table_rows

    path = tables.eval_data
    if path is None:
        return None
    rows = list(table_rows(path, [tables.text_column, tables.label_column]))
    usable = [row for row in rows if not row.error and isinstance(row.values[tables.text_column], str)]
    if len(usable) < len(rows):
        note(f"{path.name}: {len(rows) - len(usable)} of {len(rows)} rows cannot be used and are not measured")
    classes = [class_id(row.values[tables.label_column], labels, f"{path}, row {row.number}") for row in usable]
    return TrainingTexts([row.values[tables.text_column] for row in usable], classes, list(labels))


def named_tables(values: Sequence[str]) -> dict[str, Path]:
    """Name the tables of `--train`: `NAME=PATH`, or a path, which is named by its file.

    Raises:
        ValueError: There is none, or a name comes twice.
    """
    named: dict[str, Path] = {}
    for value in values:
        name, equals, path = value.partition("=")
        # A path may hold an equals sign itself.
        if not equals or not name or "/" in name or Path(value).exists():
            name, path = Path(value).name.partition(".")[0] or value, value
        if not path:
            raise ValueError(f"--train is {value!r}; it must read PATH or NAME=PATH")
        if name in named:
            raise ValueError(f"--train names {name} twice ({named[name]} and {path}): name them as NAME=PATH")
        named[name] = Path(path)
    if not named:
        raise ValueError("no table to train on: give one with --train")
    return named


def account(name: str, counts: dict[str, int]) -> str:
    """Say in one line what became of the rows of a table."""
    left_out = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in counts.items() if count]
    left_out = [part for part in left_out if not part.endswith((" read", " kept"))]
    line = f"{name}: {counts.get('read', 0):,} rows read, {counts.get('kept', 0):,} kept"
    return f"{line}; left out: {', '.join(left_out)}" if left_out else line


def _settings(tables: BaselineTables, named: dict[str, Path]) -> "Recipe":
    """Load the recipe, or make the one that reads the tables whole."""
    from decloak.cli.train import recipe_path
    from decloak.training.recipe import DataSource, Recipe, load_recipe

    if tables.recipe is None:
        columns = {"text_column": tables.text_column, "label_column": tables.label_column, "limit": tables.limit}
        return Recipe(name="baseline", data=[DataSource.model_validate({"name": name} | columns) for name in named])
    settings = load_recipe(recipe_path(tables.recipe))
    wanted = [source.name for source in settings.data] + settings.exclude
    missing, unknown = [name for name in wanted if name not in named], [name for name in named if name not in wanted]
    if missing or unknown:
        raise ValueError(
            f"the recipe {settings.name} reads {', '.join(wanted)}. Missing: {', '.join(missing) or 'none'}; not in "
            f"the recipe: {', '.join(unknown) or 'none'}. Pass --train NAME=PATH for each, those it excludes too"
        )
    return settings


__all__ = ["BaselineTables", "account", "evaluation_texts", "named_tables", "training_texts"]
