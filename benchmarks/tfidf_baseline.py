"""The linear baseline: character TF-IDF and a linear SVM, trained and tested on what a recipe is.

    python benchmarks/tfidf_baseline.py --recipe training/recipes/decloak-small.yaml \
        --data cold=cold/train.csv ... --test "COLD test=cold/test.csv" --output results/

Writes one JSON file a test table, with the keys of `decloak evaluate --format json`.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from decloak.cli.options import pairs
from decloak.evaluation.intervals import macro_f1_interval
from decloak.evaluation.metrics import classification_metrics
from decloak.training.data.mixture import class_id
from decloak.training.data.tables import table_rows
from decloak.training.recipe import load_recipe
from decloak.training.run import read_data


def main(
    recipe: Annotated[Path, typer.Option(help="The recipe whose training texts are used.")],
    data: Annotated[list[str], typer.Option(metavar="NAME=PATH", help="Its tables, as for decloak train.")],
    test: Annotated[list[str], typer.Option(metavar="NAME=PATH", help="Tables to test on.")],
    output: Annotated[Path, typer.Option(help="Folder for the results.")],
    only: Annotated[list[str] | None, typer.Option(help="Train on these tables of the recipe alone.")] = None,
    regularisation: Annotated[float, typer.Option(help="C of the SVM; chosen on development data.")] = 0.3,
) -> None:
    """Train and test the baseline."""
    settings = load_recipe(recipe)
    paths = {name: Path(path) for name, path in pairs("--data", data).items()}
    if only:
        settings = settings.model_copy(update={"data": [source for source in settings.data if source.name in only]})
        paths = {name: path for name, path in paths.items() if name in {*only, *settings.exclude}}
    rows = read_data(settings, paths, None).rows
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = make_pipeline(features, LinearSVC(C=regularisation))
    model.fit([row.text for row in rows], [row.label for row in rows])
    output.mkdir(parents=True, exist_ok=True)
    for name, path in pairs("--test", test).items():
        values = [row.values for row in table_rows(path, ["text", "label"]) if not row.error]
        true = [class_id(value["label"], settings.labels, path) for value in values]
        texts = [value["text"] for value in values]
        measures = classification_metrics(true, model.predict(texts).tolist(), model.decision_function(texts))
        measures["macro_f1_interval"] = macro_f1_interval(measures["confusion"])
        measures |= {"model": "TF-IDF + linear SVM", "texts_trained_on": len(rows), "C": regularisation}
        (output / f"{name}.json").write_text(json.dumps(measures, indent=2) + "\n", encoding="utf-8")
        Console(stderr=True).print(f"{name}: macro-F1 {measures['macro_f1']:.4f} (n={measures['n']})")


if __name__ == "__main__":
    typer.run(main)
