"""The model card of a repository, from its configuration and from measurements; no number is typed by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .card_facts import cell, is_hub_id, repository_facts
from .eval_results import copy_eval_results
from .evaluation_files import MEASURES, Evaluation, read_evaluations
from .router_section import router_section

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md"
TAGS = ("decloak", "hate-speech-detection", "mixture-of-experts", "custom_code")
# How the Hub calls our measures.
HUB_METRICS = {"macro_f1": "f1", "mcc": "matthews_correlation", "accuracy": "accuracy", "auroc": "roc_auc"}
METRIC_NAMES = {"macro_f1": "macro-F1", "mcc": "MCC", "accuracy": "accuracy", "auroc": "AUROC"}


def write_card(
    folder: str | Path,
    evaluations: Mapping[str, Path],
    baselines: Mapping[tuple[str, str], Path] | None = None,
    license: str = "apache-2.0",
    repo_id: str | None = None,
    base_models: Sequence[str] = (),
    routers: Path | None = None,
) -> Path:
    """Write the card of a repository, README.md; an old one is replaced.

    Results for the Hub (`.eval_results`) that lie beside an evaluation go into the repository along with it.

    Args:
        folder: a repository made by `save_repository`.
        evaluations: files of `decloak evaluate --format json` on the model, by the name of the data set.
        baselines: such files of other models, by (model, data set); each is shown beside the model's own.
        license: the model's licence, by the Hub's name for it.
        repo_id: name that the repository will have on the Hub, for the examples; a placeholder if None.
        base_models: Hub ids of the pretrained models that it was made from; those that the recipe names come first.
        routers: a report of `decloak routers` on the model; its picture goes into the repository.

    Returns:
        The card's path.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file holds something else, or a name is no Hub id.
        OSError: A file cannot be written.
    """
    folder = Path(folder)
    section = router_section(routers, folder) if routers is not None else None
    card = make_card(folder, evaluations, baselines, license, repo_id, base_models, section)
    for file in evaluations.values():
        copy_eval_results(Path(file).parent, folder)
    path = folder / "README.md"
    path.write_text(f"{str(card).rstrip()}\n", encoding="utf-8")
    return path


def make_card(
    folder: Path,
    evaluations: Mapping[str, Path],
    baselines: Mapping[tuple[str, str], Path] | None = None,
    license: str = "apache-2.0",
    repo_id: str | None = None,
    base_models: Sequence[str] = (),
    routers: Mapping[str, Any] | None = None,
) -> "ModelCard":
    """Make the card without writing it; as `write_card`, but that `routers` is what `router_section` returned."""
    from huggingface_hub import ModelCard

    _check_ids([*base_models, *([repo_id] if repo_id else [])])
    facts = repository_facts(folder)
    measured = read_evaluations(evaluations, baselines or {})
    name = facts["recipe"].get("name") or folder.resolve().name
    bases = list(dict.fromkeys([*_named(facts["recipe"].get("base_model")), *base_models]))
    return ModelCard.from_template(
        card_data(facts, measured, name, license, bases),
        template_path=str(TEMPLATE),
        name=name,
        repo_id=repo_id or f"USER/{name}",
        model_license=license,
        base_models=bases,
        languages=languages(facts),
        evaluations=[evaluation_rows(models) for models in measured],
        routers=routers,
        confusions=[confusion_rows(models[0], facts["labels"]) for models in measured],
        **{key: value for key, value in facts.items() if key != "config"},
        model=facts["config"],
    )


def card_data(
    facts: dict[str, Any], measured: list[list[Evaluation]], name: str, license: str, base_models: list[str]
) -> "ModelCardData":
    """Make the metadata that the Hub reads."""
    from huggingface_hub import ModelCardData

    sources = [source.get("source") or "" for source in facts["recipe"].get("data") or []]
    results = [result for models in measured for result in hub_results(models[0])]
    used = [metric for metric in HUB_METRICS.values() if any(result.metric_type == metric for result in results)]
    return ModelCardData(
        license=license,
        language=languages(facts) or None,
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=list(TAGS),
        datasets=[source for source in sources if is_hub_id(source)] or None,
        base_model=base_models or None,
        metrics=used or None,
        model_name=name if results else None,
        eval_results=results or None,
    )


def hub_results(evaluation: Evaluation) -> list["EvalResult"]:
    """Give the defined measures in the form of the Hub's model index."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type="text-classification",
            dataset_type=evaluation.dataset,
            dataset_name=evaluation.dataset,
            metric_type=HUB_METRICS[measure],
            metric_name=METRIC_NAMES[measure],
            metric_value=round(evaluation.values[measure], 4),
        )
        for measure in MEASURES
        if evaluation.values[measure] is not None
    ]


def languages(facts: dict[str, Any]) -> list[str]:
    """List the languages of the training data, each once."""
    return list(dict.fromkeys(source["language"] for source in facts["recipe"].get("data") or [] if source["language"]))


def evaluation_rows(models: list[Evaluation]) -> dict[str, Any]:
    """Describe what the model and its baselines reached on one data set."""
    rows = [
        {
            "model": cell(evaluation.model) if evaluation.model else None,
            "senses": cell(evaluation.values.get("modalities") or None),
            "measures": [
                measured(evaluation.values[name], evaluation.values.get(f"{name}_interval")) for name in MEASURES
            ],
            "n": evaluation.values["n"],
            "left_out": evaluation.values.get("errors", "not stated"),
        }
        for evaluation in models
    ]
    return {"dataset": cell(models[0].dataset), "models": rows}


def confusion_rows(evaluation: Evaluation, labels: list[tuple[int, str]]) -> dict[str, Any]:
    """Name the rows and columns of the model's confusion matrix."""
    counts = evaluation.values["confusion"]
    known = evaluation.values.get("labels") or [name for _, name in labels]
    names = [cell(name) for name in known] if len(known) == len(counts) else [str(i) for i in range(len(counts))]
    return {
        "dataset": cell(evaluation.dataset),
        "labels": names,
        "rows": list(zip(names, counts, strict=True)),
    }


def measured(value: float | None, interval: Sequence[float] | None = None) -> str:
    """Write a measure with three decimals, and its interval if there is one."""
    text = "undefined" if value is None else f"{value:.3f}"
    return f"{text} ({interval[0]:.3f} to {interval[1]:.3f})" if interval else text


def _named(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _check_ids(names: Sequence[str]) -> None:
    wrong = [name for name in names if not is_hub_id(name)]
    if wrong:
        raise ValueError(f"{wrong}: a name on the Hub reads user/name, such as intfloat/multilingual-e5-small.")


__all__ = ["card_data", "make_card", "write_card"]
