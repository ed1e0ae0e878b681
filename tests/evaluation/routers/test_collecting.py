from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from decloak.evaluation.classifier_loading import load_text_classifier
from decloak.evaluation.routers.collecting import CollectedRouting, collect_routing
from decloak.evaluation.routers.routed_windows import SideText
from tests.evaluation.routers.tiny_routing import TEXTS, pipe, token_weights

BOTH = ["text", "vision"]


def sides(*texts: Any) -> list[SideText]:
    return [SideText(index, index + 1, text, str(index % 2)) for index, text in enumerate(texts)]


def weights_of(found: CollectedRouting, group: str) -> np.ndarray:
    routing = found.sums.routing(group)
    assert routing is not None
    return routing.weights


@pytest.mark.parametrize("fusion", ["add", "concat"])
def test_a_batch_gives_what_single_texts_give(fusion: str) -> None:
    classifier = pipe(fusion=fusion)
    found = collect_routing(classifier, sides(*TEXTS), ["0", "1"])
    alone = [token_weights(classifier, text, BOTH) for text in TEXTS]
    assert found.errors == [] and found.windows == len(TEXTS) and dict(found.senses) == {"text+vision": 4}
    every = np.concatenate([weights for weights, _ in alone], axis=1)
    assert weights_of(found, "all") == pytest.approx(every.mean(axis=1), abs=1e-5)
    # [CLS] is the first token of a text.
    first = np.stack([weights[:, 0] for weights, _ in alone], axis=1)
    ends = [classifier.processor(text=text, modalities=["text"])["input_ids"].shape[1] - 1 for text in TEXTS]
    last = np.stack([weights[:, end] for (weights, _), end in zip(alone, ends, strict=True)], axis=1)
    assert weights_of(found, "special") == pytest.approx(np.concatenate([first, last], axis=1).mean(axis=1), abs=1e-5)
    odd = [weights[:, 1:end] for (weights, _), end in list(zip(alone, ends, strict=True))[1::2]]
    assert weights_of(found, "label 1") == pytest.approx(np.concatenate(odd, axis=1).mean(axis=1), abs=1e-5)
    if fusion == "concat":
        seen = [weights[:, np.array(ids) == 2] for weights, ids in alone]
        assert weights_of(found, "vision") == pytest.approx(np.concatenate(seen, axis=1).mean(axis=1), abs=1e-5)


def test_changed_tokens_are_those_of_the_changed_characters() -> None:
    classifier = pipe(fusion="add")
    found = collect_routing(classifier, [SideText(0, 1, "你好坏人今天", None, ((1, 3),))])
    weights, _ = token_weights(classifier, "你好坏人今天", BOTH)
    assert weights_of(found, "changed") == pytest.approx(weights[:, [2, 3]].mean(axis=1), abs=1e-5)
    assert weights_of(found, "unchanged") == pytest.approx(weights[:, [1, 4, 5, 6]].mean(axis=1), abs=1e-5)
    assert found.sums.by_text("changed")[0] == pytest.approx(weights[:, [2, 3]].mean(axis=1), abs=1e-5)


def test_changes_far_into_a_long_text_are_found_in_their_window() -> None:
    text = "今天气很好人" * 20
    found = collect_routing(pipe(fusion="add"), [SideText(0, 1, text, None, ((110, 111),))])
    assert found.windows > 1 and found.errors == []
    changed, words = found.sums.routing("changed"), found.sums.routing("words")
    assert changed is not None and 1 <= changed.tokens <= found.windows
    assert words is not None and words.tokens >= len(text)


def test_only_layers_with_experts_are_counted() -> None:
    classifier = pipe(fusion="add", num_hidden_layers=3, expert_layers=[0, 2])
    found = collect_routing(classifier, sides(TEXTS[0]))
    assert weights_of(found, "all").shape == (2, 3)
    assert weights_of(found, "all") == pytest.approx(token_weights(classifier, TEXTS[0], BOTH)[0].mean(1), abs=1e-5)


def test_texts_without_any_sense() -> None:
    found = collect_routing(pipe(fusion="add"), sides(*TEXTS), modalities=["text"])
    assert dict(found.senses) == {"text": 4}
    alone, words = found.sums.routing("text_alone"), found.sums.routing("words")
    assert alone is not None and words is not None and alone.tokens == words.tokens
    assert found.sums.routing("with_glyph") is None


def test_a_text_that_cannot_be_read_loses_no_other() -> None:
    found = collect_routing(pipe(), sides(TEXTS[0], "", None, "\u200b", TEXTS[1]))
    assert [row for row, _ in found.errors] == [2, 3, 4]
    assert found.windows == 2
    assert "empty" in found.errors[0][1]


def test_a_batch_that_fails_is_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = pipe(fusion="add")
    whole = collect_routing(classifier, sides(*TEXTS))
    forward = type(classifier.model).forward

    def narrow(self: Any, input_ids: torch.Tensor, **inputs: Any) -> Any:
        if len(input_ids) > 1:
            raise RuntimeError("out of memory")
        return forward(self, input_ids, **inputs)

    monkeypatch.setattr(type(classifier.model), "forward", narrow)
    found = collect_routing(classifier, sides(*TEXTS))
    assert found.errors == [] and found.windows == 4
    assert weights_of(found, "all") == pytest.approx(weights_of(whole, "all"), abs=1e-5)


def test_damaged_weights_are_an_error_and_no_number() -> None:
    classifier = pipe(fusion="add")
    with torch.no_grad():
        classifier.model.mmbert.layers[1].router.weight.fill_(torch.nan)
    found = collect_routing(classifier, sides(*TEXTS[:2]))
    assert found.windows == 0 and len(found.errors) == 2 and "not finite" in found.errors[0][1]


def test_models_without_routers_are_refused(tiny_bert: Path) -> None:
    with pytest.raises(ValueError, match="is a bert, which has no routers"):
        collect_routing(load_text_classifier(str(tiny_bert)), sides("a"))
    with pytest.raises(ValueError, match=r"has no experts \(expert_layers=\[\]\)"):
        collect_routing(pipe(expert_layers=[]), sides("a"))
    with pytest.raises(ValueError, match="add text to them"):
        collect_routing(pipe(), sides("a"), modalities=["vision"])
