from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import yaml

from decloak.spaces.demo import app
from decloak.spaces.demo.explanation import MAX_CHARACTERS, explain

LONG_TEXT = "今天气很好人" * 30


@pytest.fixture(scope="module")
def demo(model_folder: Path) -> app.Demo:
    return app.Demo(str(model_folder))


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Gradio was launched with; nothing listens."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(gr.Blocks, "launch", lambda self, **options: seen.update(options))
    return seen


def test_only_classify_is_public(model_folder: Path) -> None:
    blocks = app.build_demo(model_folder)
    public = {name for name in blocks.get_api_info()["named_endpoints"]}
    assert public == {"/classify"}
    assert "modalities: The senses to use" in blocks.get_api_info()["named_endpoints"]["/classify"]["description"]


def test_the_queue_is_bounded_and_nothing_is_reported(model_folder: Path) -> None:
    blocks = app.build_demo(model_folder)
    assert (blocks._queue.max_size, blocks.api_open, blocks.analytics_enabled) == (app.QUEUE_SIZE, False, False)


def test_the_limits_hold_whoever_launches(model_folder: Path, launched: dict[str, Any]) -> None:
    app.build_demo(model_folder).launch(server_name="127.0.0.1", server_port=1, quiet=True)
    assert launched["strict_cors"] is True
    assert launched["max_file_size"] == "64kb"
    assert (launched["share"], launched["run_history"], launched["show_error"]) == (False, False, False)
    assert (launched["server_port"], launched["quiet"]) == (1, True)


def test_the_address_is_left_to_gradio(model_folder: Path, launched: dict[str, Any]) -> None:
    app.build_demo(model_folder).launch()
    assert "server_name" not in launched  # so that it is loopback, or what a Space sets


def test_the_model_may_come_from_the_environment(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, launched: dict[str, Any]
) -> None:
    monkeypatch.setenv("DECLOAK_MODEL", "./nowhere")
    with pytest.raises(FileNotFoundError, match="./nowhere"):
        app.build_demo()
    app.build_demo(model_folder).launch()
    assert launched


def test_the_installed_model_is_the_default(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    monkeypatch.delenv("DECLOAK_MODEL", raising=False)
    monkeypatch.setattr(app, "default_model_path", lambda: model_folder)
    assert model_folder.name in str(app.build_demo().config["components"])


def test_a_good_text_gives_results(demo: app.Demo) -> None:
    state, verdict, windows, layers, results, glyphs, layer_map, tokens = demo.answer("好人", ["text", "vision"])
    assert state.label.replace("_", " ") in verdict
    assert (windows["visible"], layers["visible"], results["visible"]) == (False, True, True)
    assert [name for name, _ in layers["choices"]] == ["mean of all layers", "layer 1", "layer 2"]
    assert "dc-glyphs" in glyphs
    assert "dc-heat" in layer_map
    assert "dc-tokens" in tokens


def test_a_long_text_lets_one_choose_the_window(demo: app.Demo) -> None:
    state, _, windows, *_ = demo.answer(LONG_TEXT, ["text", "vision"])
    assert windows["visible"]
    assert windows["value"] == state.deciding
    assert windows["choices"][0][0].startswith("window 1: characters 1 to ")
    assert demo.show(state, 0, -1) != demo.show(state, len(state.windows) - 1, -1)
    assert demo.show(state, 0, 0)[2] != demo.show(state, 0, 1)[2]


@pytest.mark.parametrize(
    ("text", "modalities"), [("", ["text"]), ("好" * (MAX_CHARACTERS + 1), ["text"]), ("好", []), (None, ["text"])]
)
def test_bad_input_gives_a_message(demo: app.Demo, text: Any, modalities: list[str]) -> None:
    state, message, windows, _, results, *parts = demo.answer(text, modalities)
    assert 'role="alert"' in message
    assert state is None
    assert (windows["visible"], results["visible"], parts) == (False, False, ["", "", ""])
    with pytest.raises(gr.Error) as caught:
        demo.classify(text, modalities)
    assert caught.value.print_exception is False


def test_nothing_is_shown_without_an_answer(demo: app.Demo) -> None:
    assert demo.show(None, None, None) == ["", "", ""]


def test_the_api_gives_what_the_page_shows(demo: app.Demo) -> None:
    assert demo.classify("好人") == explain(demo.classifier, "好人").as_dict()


def test_examples_fit_the_limits_and_each_other() -> None:
    examples = app.examples()
    assert len(examples) == len(set(examples)) >= 4
    assert all(0 < len(example) <= MAX_CHARACTERS and example == example.strip() for example in examples)
    assert any(example.isascii() for example in examples)
    assert any("\u4e00" <= example[0] <= "\u9fff" for example in examples)


def test_the_card_of_the_space_is_what_the_hub_reads() -> None:
    _, front, _ = (app.FOLDER / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["sdk"] == "gradio"
    assert (app.FOLDER / card["app_file"]).is_file()
    assert int(card["sdk_version"].split(".")[0]) == int(gr.__version__.split(".")[0])
    assert len(card["short_description"]) <= 60
    assert len(card["emoji"]) <= 2
