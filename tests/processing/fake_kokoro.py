"""A Kokoro folder without Kokoro's weights: its graph returns what it was given, so that tests can read it."""

import json
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper

STYLE_SIZE = 256
PHONEMES = " abcdefghijklmnopqrstuvwxyz,.!?;:—…→"
VOCABULARY = {"$": 0} | {phoneme: index + 1 for index, phoneme in enumerate(PHONEMES)}


def echo_graph(
    tokens: str = "tokens", speed_type: int = TensorProto.FLOAT, style_size: int = STYLE_SIZE, rounds: int = 0
) -> bytes:
    """Return a graph whose output is the tokens, the style vector and the speed, one after the other."""
    nodes = [
        helper.make_node("Cast", [tokens], ["float_tokens"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["late_speed" if rounds else "speed"], ["float_speed"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["style"], ["flat_style"], axis=0),
        helper.make_node("Unsqueeze", ["float_speed", "axis"], ["flat_speed"]),
        helper.make_node("Concat", ["float_tokens", "flat_style", "flat_speed"], ["audio"], axis=1),
    ]
    inputs = [
        helper.make_tensor_value_info(tokens, TensorProto.INT64, [1, "length"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, style_size]),
        helper.make_tensor_value_info("speed", speed_type, [1]),
    ]
    output = helper.make_tensor_value_info("audio", TensorProto.FLOAT, [1, "samples"])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [0])
    initializers = [axis]
    if rounds:
        nodes.insert(0, _waste_time())
        initializers.append(helper.make_tensor("rounds", TensorProto.INT64, [], [rounds]))
    graph = helper.make_graph(nodes, "echo", inputs, [output], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model.SerializeToString()


def _waste_time() -> NodeProto:
    """Return a loop that adds one, over and over, to the speed that the output holds."""
    one = helper.make_node("Constant", [], ["one"], value=helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]))
    body = helper.make_graph(
        [one, helper.make_node("Add", ["before", "one"], ["after"]), helper.make_node("Identity", ["go"], ["go_on"])],
        "round",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [1]),
        ],
    )
    return helper.make_node("Loop", ["rounds", "", "speed"], ["late_speed"], body=body)


def slow_graph() -> bytes:
    """Return a graph that takes about half a minute, in small steps."""
    return echo_graph(rounds=2**24)


def style_rows(lengths: int, voice: int) -> np.ndarray:
    """Return a voice of which row ``n`` is filled with ``1000 * voice + n``."""
    return np.repeat(np.arange(lengths, dtype=np.float32)[:, None] + 1000 * voice, STYLE_SIZE, axis=1)


def make_folder(root: Path, lengths: int = 510) -> Path:
    """Write a folder with model.onnx, vocab.json and voices.npz (zf_one and af_two)."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "model.onnx").write_bytes(echo_graph())
    (root / "vocab.json").write_text(json.dumps(VOCABULARY, ensure_ascii=False), encoding="utf-8")
    np.savez(root / "voices.npz", zf_one=style_rows(lengths, 1), af_two=style_rows(lengths, 2)[:, None])
    return root


def make_hub_folder(root: Path) -> Path:
    """Write a folder in the layout of the ONNX repositories on the Hub, with one model and the voice zf_one."""
    (root / "onnx").mkdir(parents=True)
    (root / "voices").mkdir()
    (root / "onnx" / "model_quantized.onnx").write_bytes(echo_graph("input_ids"))
    tokenizer = {"version": "1.0", "model": {"vocab": VOCABULARY}}
    (root / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    style_rows(510, 1).astype("<f4").tofile(root / "voices" / "zf_one.bin")
    return root


def lower_case_phonemizer(text: str) -> str:
    """Read each letter as itself: a phonemizer that needs no package."""
    return text.lower()


def decode(piece: np.ndarray) -> tuple[str, float, float]:
    """Return the phonemes, the style value and the speed that an echoed piece holds."""
    tokens, style, speed = piece[: -STYLE_SIZE - 1], piece[-STYLE_SIZE - 1 : -1], piece[-1]
    assert tokens[0] == tokens[-1] == 0
    assert (style == style[0]).all()
    names = {index: phoneme for phoneme, index in VOCABULARY.items()}
    return "".join(names[int(token)] for token in tokens[1:-1]), float(style[0]), float(speed)
