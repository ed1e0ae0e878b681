"""Loads a model as someone without decloak does; run as a program by `test_round_trip`.

Arguments: the model (folder or Hub id), the revision ("" for a folder), the expected answers as a JSON file, and the
checkout from which nothing may be loaded.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

sys.modules["decloak"] = None  # type: ignore[assignment]  # an installed decloak cannot be imported either


def main(model: str, revision: str, expected_file: str, checkout: str) -> None:
    try:
        importlib.import_module("decloak")
    except ImportError:
        pass
    else:
        raise AssertionError("decloak can be imported here")
    expected = json.loads(Path(expected_file).read_text(encoding="utf-8"))
    source: dict[str, Any] = {"trust_remote_code": True} | ({"revision": revision} if revision else {})
    check_auto_classes(model, source, expected)
    check_pipeline(model, source, expected)
    loaded = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
    inside = [file for file in loaded if Path(checkout) in Path(file).parents and file != __file__]
    inside = [file for file in inside if "site-packages" not in file]
    assert not inside, inside
    remote = {type_name(value) for value in REMOTE}
    assert all(name.startswith("transformers_modules.") for name in remote), remote
    print("ok")  # noqa: T201


REMOTE: list[Any] = []


def type_name(value: Any) -> str:
    return type(value).__module__


def check_auto_classes(model: str, source: dict[str, Any], expected: dict[str, Any]) -> None:
    import torch
    from transformers import (
        AutoConfig,
        AutoModel,
        AutoModelForSequenceClassification,
        AutoProcessor,
        AutoTokenizer,
    )

    config = AutoConfig.from_pretrained(model, **source)
    assert config.model_type == "decloak_mmbert"
    assert config.training_record["steps"]
    processor = AutoProcessor.from_pretrained(model, **source)
    tokenizer = AutoTokenizer.from_pretrained(model, **source)
    assert tokenizer(expected["texts"])["input_ids"] == expected["ids"]
    batch = processor(text=expected["texts"][:2])
    classifier = AutoModelForSequenceClassification.from_pretrained(model, **source).eval()
    encoder, report = AutoModel.from_pretrained(model, output_loading_info=True, **source)
    assert not report["missing_keys"]
    REMOTE.extend([config, processor, classifier, encoder])
    with torch.no_grad():
        logits = classifier(**batch).logits
        pooled = encoder.eval()(**batch).pooler_output
    assert logits.dtype == torch.float32
    assert (logits - torch.tensor(expected["logits"])).abs().max() <= 1e-6
    assert (pooled - torch.tensor(expected["pooled"])).abs().max() <= 1e-6


def check_pipeline(model: str, source: dict[str, Any], expected: dict[str, Any]) -> None:
    from transformers import pipeline

    classify = pipeline("text-classification", model=model, **source)
    REMOTE.append(classify)
    answers = classify(expected["texts"], return_details=True)
    for answer, wanted in zip(answers, expected["answers"], strict=True):
        assert abs(answer.pop("score") - wanted.pop("score")) <= 1e-6
        assert abs(answer["scores"].pop("hateful") - wanted["scores"].pop("hateful")) <= 1e-6
        del answer["scores"], wanted["scores"]
        assert answer == wanted
    assert classify(expected["texts"][0])[0]["label"] == expected["answers"][0]["label"]


if __name__ == "__main__":
    main(*sys.argv[1:])
