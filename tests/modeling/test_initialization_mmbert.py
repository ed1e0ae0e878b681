"""Building an MMBERT from pretrained encoders."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, BertForMaskedLM, CLIPModel, PreTrainedModel, WhisperModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from decloak.modeling import MMBertForSequenceClassification, MMBertModel
from tests.tiny import WIDTH, tiny_bert_config

Folders = dict[str, Path]


def text_batch(length: int = 7) -> dict[str, torch.Tensor]:
    """Two rows of ids, the second one shorter."""
    ids = torch.randint(5, 60, (2, length), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, -2:] = 0
    return {"input_ids": torch.where(mask.bool(), ids, 1), "attention_mask": mask}


@torch.no_grad()
def assert_same_text(model: MMBertModel, encoder: PreTrainedModel) -> None:
    batch = text_batch()
    got, expected = model(**batch), encoder(**batch)
    kept = batch["attention_mask"].bool()
    torch.testing.assert_close(got.last_hidden_state[kept], expected.last_hidden_state[kept], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(got.pooler_output, expected.pooler_output, atol=1e-5, rtol=1e-5)
    assert float(got.last_hidden_state[kept].std()) > 0.1


@pytest.mark.parametrize("text", ["bert", "roberta"])
@pytest.mark.parametrize("fusion", ["concat", "add"])
@pytest.mark.parametrize("shared_expert", [True, False])
@pytest.mark.parametrize("expert_scope", ["intermediate", "ffn"])
def test_text_alone_gives_the_text_encoders_output(
    encoder_folders: Folders, text: str, fusion: str, shared_expert: bool, expert_scope: str
) -> None:
    fields = {"fusion": fusion, "shared_expert": shared_expert, "expert_scope": expert_scope}
    model = MMBertModel.from_encoders_pretrained(encoder_folders[text], **fields)
    assert_same_text(model, AutoModel.from_pretrained(encoder_folders[text]).eval())


def test_layers_without_experts_and_loaded_models(encoder_folders: Folders) -> None:
    bert = AutoModel.from_pretrained(encoder_folders["bert"]).eval()
    model = MMBertModel.from_encoders_pretrained(bert, expert_layers=[1])
    assert [layer.router is not None for layer in model.layers] == [False, True]
    assert_same_text(model, bert)


def test_the_encoder_is_taken_out_of_a_model_with_a_head() -> None:
    bert = BertForMaskedLM(tiny_bert_config()).eval()
    model = MMBertModel.from_encoders_pretrained(bert)
    batch = text_batch()
    expected = bert.bert(**batch).last_hidden_state
    torch.testing.assert_close(model(**batch).last_hidden_state, expected, atol=1e-5, rtol=1e-5)


def test_routed_experts_can_learn_beside_a_shared_one(encoder_folders: Folders) -> None:
    """They start at zero, but not where the gradient is zero."""
    for scope in ("intermediate", "ffn"):
        model = MMBertForSequenceClassification.from_encoders_pretrained(
            encoder_folders["bert"], expert_scope=scope
        ).train()
        model(**text_batch(), labels=torch.tensor([0, 1])).loss.backward()
        experts = [(n, p) for n, p in model.named_parameters() if ".experts." in n and p.grad.abs().sum() > 0]
        assert {name.split(".experts.")[1].split(".")[0] for name, _ in experts} == {"text", "speech", "vision"}, scope


@pytest.mark.parametrize("speech", ["whisper", "whisper_encoder"])
def test_whole_whisper_and_its_encoder_alone(encoder_folders: Folders, speech: str) -> None:
    model = MMBertModel.from_encoders_pretrained(encoder_folders["bert"], str(encoder_folders[speech]))
    expected = WhisperModel.from_pretrained(encoder_folders["whisper"]).get_encoder().state_dict()
    assert_equal_weights(model.speech.encoder.state_dict(), expected)
    assert model.config.speech_feature_size == WIDTH
    assert model.vision is None


@pytest.mark.parametrize("vision", ["clip", "clip_vision", "dinov2"])
def test_whole_clip_and_image_encoders_alone(encoder_folders: Folders, vision: str) -> None:
    model = MMBertModel.from_encoders_pretrained(encoder_folders["bert"], vision=encoder_folders[vision])
    expected = AutoModel.from_pretrained(encoder_folders[vision])
    expected = expected.vision_model if isinstance(expected, CLIPModel) else expected
    pixels = torch.rand(2, 3, 16, 16)
    shown = model.vision.encode(pixels)
    torch.testing.assert_close(shown, expected.eval()(pixel_values=pixels).pooler_output)
    assert not torch.allclose(shown[0], shown[1])
    assert model.speech is None


def test_loaded_encoders_of_all_senses(encoder_folders: Folders) -> None:
    whisper = WhisperModel.from_pretrained(encoder_folders["whisper"])
    clip = CLIPModel.from_pretrained(encoder_folders["clip"])
    for speech in (whisper, whisper.get_encoder()):
        model = MMBertForSequenceClassification.from_encoders_pretrained(
            encoder_folders["bert"], speech, clip, num_labels=3
        )
        assert_equal_weights(model.mmbert.speech.encoder.state_dict(), whisper.get_encoder().state_dict())
        assert_equal_weights(model.mmbert.vision.encoder.state_dict(), clip.vision_model.state_dict())
        assert model.classifier.out_features == 3


def assert_equal_weights(got: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    got = {name.removeprefix("vision_model."): weight for name, weight in got.items()}
    expected = {name.removeprefix("vision_model."): weight for name, weight in expected.items()}
    assert set(got) == set(expected)
    for name, weight in expected.items():
        torch.testing.assert_close(got[name], weight, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("sense", "kind", "message"),
    [
        ("text", "whisper", "text encoder is a whisper.*bert or roberta"),
        ("text", "clip", "text encoder is a clip"),
        ("speech", "bert", "speech encoder is a bert.*whisper"),
        ("speech", "clip", "speech encoder is a clip"),
        ("vision", "bert", "vision encoder is a bert.*pixel_values"),
        ("vision", "whisper", "vision encoder is a whisper.*pixel_values"),
    ],
)
def test_encoders_of_the_wrong_kind(encoder_folders: Folders, sense: str, kind: str, message: str) -> None:
    encoders = {"text": encoder_folders["bert"]} | {sense: encoder_folders[kind]}
    with pytest.raises(ValueError, match=message):
        MMBertModel.from_encoders_pretrained(**encoders)


def without(folder: Path, target: Path, part: str) -> Path:
    """Copy a saved model without the weights that have `part` in their name."""
    target.mkdir()
    (target / "config.json").write_bytes((folder / "config.json").read_bytes())
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if part not in name}
    assert len(kept) < len(weights)
    save_file(kept, target / "model.safetensors", {"format": "pt"})
    return target


@pytest.mark.parametrize(
    ("sense", "kind", "part"),
    [
        ("text", "bert", "layer.1.intermediate"),
        ("speech", "whisper", "encoder.conv2"),
        ("speech", "whisper_encoder", "layers.1.fc1"),
        ("vision", "clip", "vision_model.post_layernorm"),
        ("vision", "dinov2", "layernorm.weight"),
    ],
)
def test_missing_weights_are_refused(
    encoder_folders: Folders, tmp_path: Path, sense: str, kind: str, part: str
) -> None:
    damaged = without(encoder_folders[kind], tmp_path / "damaged", part)
    with pytest.raises(ValueError, match=rf"lacks \d+ weights of a {sense} encoder"):
        MMBertModel.from_encoders_pretrained(**({"text": encoder_folders["bert"]} | {sense: damaged}))


def test_a_text_encoder_may_lack_its_pooler(
    encoder_folders: Folders, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = without(encoder_folders["bert"], tmp_path / "bert", "pooler.")
    model = MMBertModel.from_encoders_pretrained(folder, pooler="mean")
    assert "has no pooler" in caplog.text
    assert model.pooler.dense is None


def test_a_folder_of_pickles_is_refused(encoder_folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((encoder_folders["whisper"] / "config.json").read_bytes())
    torch.save(load_file(encoder_folders["whisper"] / "model.safetensors"), tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        MMBertModel.from_encoders_pretrained(encoder_folders["bert"], tmp_path)


def test_shapes_that_the_encoder_does_not_have(encoder_folders: Folders) -> None:
    with pytest.raises(ValueError, match=r"word_embeddings.weight is \(\d+, 16\)"):
        MMBertModel.from_encoders_pretrained(encoder_folders["bert"], vocab_size=40)


def test_encoders_are_float32_whatever_they_were_stored_as(encoder_folders: Folders, tmp_path: Path) -> None:
    WhisperEncoder.from_pretrained(encoder_folders["whisper_encoder"], dtype=torch.float16).save_pretrained(tmp_path)
    model = MMBertModel.from_encoders_pretrained(encoder_folders["bert"], tmp_path)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not model.training
