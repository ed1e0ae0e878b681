"""The trainer: losses, stages, logs, resuming, two processes."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoProcessor, TrainerCallback

from decloak.modeling import MMBertForSequenceClassification
from decloak.processing import MultimodalHateProcessor
from decloak.training import MMBertTrainingArguments
from decloak.training.sampling import LengthGroupedEpochSampler
from decloak.training.stages import COMPONENTS, component_of
from tests.tiny import tiny_processor
from tests.training.builders import (
    ALIGN,
    JOINT,
    STAGES,
    TEXT,
    VISION,
    Rows,
    bank_model,
    make_trainer,
    step_logs,
    weights,
)
from tests.training.killed_run import STEPS, resumable_trainer

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Builders set one thread; other tests may want more."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def no_dropout(**fields: Any) -> MMBertForSequenceClassification:
    return bank_model(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **fields)


@pytest.mark.parametrize("balance", [0.0, 0.5])
def test_accumulated_batches_are_one_batch(tmp_path: Path, balance: float) -> None:
    """The losses are means: they are divided by the accumulation steps, with `**kwargs` in `forward` too."""
    rows = Rows(tiny_processor(), 8, shortest=5, longest=5)
    if balance:  # the balance of a batch is no mean over its parts, but that of equal parts is
        rows.encoded.rows = [rows[0]] * 8
    found = []
    for size, accumulated in ((8, 1), (4, 2), (2, 4)):
        trainer = make_trainer(
            tmp_path,
            [JOINT],
            rows,
            no_dropout(router_aux_loss_coef=balance),
            max_steps=1,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=accumulated,
        )
        trainer.train()
        (logs,) = step_logs(trainer)
        found.append([logs["loss"], logs["grad_norm"], logs["ce_loss"], logs["aux_loss"]])
    columns = slice(0, 4 if balance else 3)
    np.testing.assert_allclose(np.array(found)[1:, columns], np.array(found)[:1, columns].repeat(2, 0), rtol=2e-4)
    loss, _, ce_loss, aux_loss = found[0]
    assert loss == pytest.approx(ce_loss + balance * aux_loss, abs=1e-4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run through all stages, with the weights around each step."""
    steps: list[dict[str, torch.Tensor]] = []

    class Record(TrainerCallback):
        def on_step_end(self, *_: Any, model: Any = None, **__: Any) -> None:
            steps.append(weights(model))

    folder = tmp_path_factory.mktemp("run")
    (folder / "README.md").write_text("A card.", encoding="utf-8")
    trainer = make_trainer(folder, save_strategy="steps", save_steps=6, eval_rows=Rows(tiny_processor(), 6))
    assert trainer.model is not None
    steps.append(weights(trainer.model))
    trainer.add_callback(Record())
    trainer.train()
    return {"trainer": trainer, "steps": steps, "folder": folder, "logs": step_logs(trainer)}


def test_only_the_components_of_a_stage_change(run: dict[str, Any]) -> None:
    changed: list[set[str]] = [set() for _ in STAGES]
    for step, (before, after) in enumerate(zip(run["steps"], run["steps"][1:], strict=False)):
        stage = run["trainer"].schedule.index_at(step)
        changed[stage] |= {component_of(name) for name in after if not torch.equal(before[name], after[name])}
    for stage, found in zip(STAGES[:3], changed, strict=False):
        assert found == set(stage["learning_rates"])
    assert changed[3] == set(COMPONENTS) - {"sense_encoders"}


def test_only_wanted_weights_get_gradients_in_the_last_stage(run: dict[str, Any]) -> None:
    for name, parameter in run["trainer"].model.named_parameters():
        assert parameter.requires_grad is (component_of(name) != "sense_encoders"), name


def test_each_stage_logs_its_losses(run: dict[str, Any]) -> None:
    logs = run["logs"]
    assert [line["stage"] for line in logs] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    for line in logs:
        names = {name for name in ("ce_loss", "aux_loss", "alignment_mse") if name in line}
        loads = any(name.startswith("expert_load/") for name in line)
        assert (names, loads) == {
            0: ({"alignment_mse"}, False),
            3: ({"ce_loss", "aux_loss"}, True),
        }.get(line["stage"], ({"ce_loss"}, False))
        coefficient = run["trainer"].model.config.router_aux_loss_coef
        parts = line.get("alignment_mse", line.get("ce_loss", 0) + coefficient * line.get("aux_loss", 0))
        assert line["loss"] == pytest.approx(parts, abs=1e-4)


def test_expert_loads_sum_to_one_for_each_layer_and_modality(run: dict[str, Any]) -> None:
    line = run["logs"][-1]
    sums: dict[str, float] = {}
    for key, value in line.items():
        if key.startswith("expert_load/"):
            group = key.rpartition("/")[0]
            sums[group] = sums.get(group, 0) + value
    modalities = ("text", "speech", "vision")
    assert set(sums) == {f"expert_load/layer_{layer}/{name}" for layer in (0, 1) for name in modalities}
    assert list(sums.values()) == pytest.approx([1.0] * 6, abs=1e-6)


def test_rates_are_those_of_the_schedule(run: dict[str, Any]) -> None:
    schedule = run["trainer"].schedule
    for step, line in enumerate(run["logs"]):
        for component in COMPONENTS:
            if component != "sense_encoders":
                assert line[f"learning_rate/{component}"] == schedule.learning_rate(component, step)
    groups = {group["component"]: group["lr"] for group in run["trainer"].optimizer.param_groups}
    assert set(groups) == set(COMPONENTS) - {"sense_encoders", "shared_expert"} | (
        {"shared_expert"} if run["trainer"].model.config.shared_expert else set()
    )
    assert all(rate == pytest.approx(schedule.learning_rate(name, STEPS)) for name, rate in groups.items())


def test_the_optimizer_uses_these_rates(tmp_path: Path) -> None:
    """AdamW's first step moves each weight by the learning rate."""
    stage = {**JOINT, "warmup": 0, "schedule": "constant", "learning_rates": {"classifier": 1e-3, "router": 3e-3}}
    trainer = make_trainer(tmp_path, [stage], model=no_dropout(), max_steps=1, adam_epsilon=1e-12)
    assert trainer.model is not None
    before = weights(trainer.model)
    trainer.train()
    for name, value in weights(trainer.model).items():
        peak = {"classifier": 1e-3, "router": 3e-3}.get(component_of(name), 0.0)
        assert float((value - before[name]).abs().max()) == pytest.approx(peak, rel=1e-2), name


def test_weights_that_do_not_decay_are_in_groups_of_their_own(run: dict[str, Any]) -> None:
    trainer = make_trainer(run["folder"] / "decay", weight_decay=0.1, max_steps=4)
    names = {id(parameter): name for name, parameter in trainer.model.named_parameters()}  # type: ignore[union-attr]
    groups = trainer.create_optimizer().param_groups
    for group in groups:
        for parameter in group["params"]:
            name = names[id(parameter)]
            plain = name.endswith("bias") or "LayerNorm" in name
            assert group["weight_decay"] == (0.0 if plain else 0.1), name
    assert sum(len(group["params"]) for group in groups) < len(names)


def test_checkpoints_hold_the_processor_and_the_card_stays(run: dict[str, Any]) -> None:
    checkpoint = run["folder"] / "checkpoint-6"
    loaded = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    assert isinstance(loaded, MultimodalHateProcessor)
    assert loaded(text="你")["input_ids"].shape == (1, 3)
    assert (run["folder"] / "README.md").read_text(encoding="utf-8") == "A card."
    run["trainer"].create_model_card()
    assert (run["folder"] / "README.md").read_text(encoding="utf-8") == "A card."


def test_a_missing_card_is_written(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path)
    trainer.create_model_card(model_name="tiny")
    assert "tiny" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_evaluation_with_router_logits(tmp_path: Path) -> None:
    def scores(prediction: Any) -> dict[str, float]:
        assert prediction.predictions.shape == (6, 2)
        return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}

    rows = Rows(tiny_processor(), 6)
    trainer = make_trainer(tmp_path, model=no_dropout(output_router_logits=True), eval_rows=rows)
    trainer.compute_metrics = scores
    found = trainer.evaluate()
    assert 0 <= found["eval_accuracy"] <= 1
    assert np.isfinite(found["eval_loss"])
    assert not any(name.startswith(("eval_ce", "expert_load")) for name in found)
    assert trainer.predict(rows).predictions.shape == (6, 2)  # type: ignore[union-attr]


def collapse(model: MMBertForSequenceClassification) -> None:
    """Make what the routers read a constant, and let them answer it with the vision expert."""
    with torch.no_grad():
        for layer in model.mmbert.layers:
            layer.attention_output.LayerNorm.weight.zero_()
            layer.attention_output.LayerNorm.bias.fill_(1.0)
            layer.router.weight.zero_()
            layer.router.weight[2] = 1.0


@pytest.mark.parametrize("collapsed", [True, False])
def test_collapse_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture, collapsed: bool) -> None:
    model = no_dropout(initializer_range=0.02)
    if collapsed:
        collapse(model)
    trainer = make_trainer(tmp_path, [JOINT], model=model, max_steps=1)
    with caplog.at_level(logging.WARNING):
        trainer.train()
    messages = [record.getMessage() for record in caplog.records if "router collapse" in record.getMessage()]
    assert len(messages) == (6 if collapsed else 0)  # two layers, three modalities
    if collapsed:
        assert "in layer_0 the text tokens give the vision expert 100.0 % of their weight (over 90 %)" in messages[0]


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([VISION], "specialise-vision trains \\['vision'\\]"),
        ([JOINT | {"modalities": ["text", "speech"]}], "trains \\['speech'\\]"),
        ([ALIGN], "align trains \\['speech', 'vision'\\]"),
    ],
)
def test_stages_for_senses_that_the_data_lacks(tmp_path: Path, stages: list[dict[str, Any]], message: str) -> None:
    rows = Rows(tiny_processor(), 8, sound=False)
    for row in rows.encoded.rows:
        del row["vision_positions"], row["glyph_ids"]
    with pytest.raises(ValueError, match=f"{message}, but none of the first 8 rows has any"):
        make_trainer(tmp_path, stages, rows).train()
    make_trainer(tmp_path, [TEXT], rows, max_steps=1).train()


def test_a_batch_without_senses_does_not_end_the_alignment(tmp_path: Path) -> None:
    rows = Rows(tiny_processor(), 8, sound=False)
    for row in rows.encoded.rows[1:]:
        del row["vision_positions"], row["glyph_ids"]
    trainer = make_trainer(tmp_path, [ALIGN], rows, max_steps=8, per_device_train_batch_size=1)
    trainer.train()
    logs = step_logs(trainer)
    assert sum(line["alignment_mse"] > 0 for line in logs) == 1
    assert all(np.isfinite(line["loss"]) for line in logs)


def test_sense_dropout_takes_senses_away_from_some_steps(tmp_path: Path) -> None:
    seen = []
    trainer = make_trainer(tmp_path, [JOINT | {"sense_dropout": 0.5}], max_steps=12)
    compute = trainer.model.forward  # type: ignore[union-attr]
    trainer.model.forward = lambda *args, **inputs: (  # type: ignore[union-attr]
        seen.append(tuple(inputs["modalities"])) or compute(*args, **inputs)  # type: ignore[func-returns-value]
    )
    trainer.train()
    assert len(seen) == 12
    assert 1 < len({*seen}) <= 4
    assert ("text", "speech", "vision") in seen


def test_training_twice_starts_anew(tmp_path: Path) -> None:
    """The second run must not begin with what the last stage of the first has frozen."""
    trainer = make_trainer(tmp_path, [JOINT, TEXT], max_steps=2)
    trainer.train()
    assert not trainer.model.mmbert.embeddings.word_embeddings.weight.requires_grad  # type: ignore[union-attr]
    trainer.create_optimizer()
    assert trainer.model.mmbert.embeddings.word_embeddings.weight.requires_grad  # type: ignore[union-attr]


def test_bad_arguments_fail_early(tmp_path: Path) -> None:
    for bad, message in (
        ({"router_collapse_threshold": 0}, "in \\(0, 1\\]"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"stages": [JOINT | {"share": 0}]}, "share"),
    ):
        with pytest.raises(ValueError, match=message):
            MMBertTrainingArguments(output_dir=str(tmp_path), use_cpu=True, **bad)


def test_other_sampling_strategies_are_those_of_transformers(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, train_sampling_strategy="random")
    assert not isinstance(trainer._get_train_sampler(), LengthGroupedEpochSampler)
    assert isinstance(make_trainer(tmp_path)._get_train_sampler(), LengthGroupedEpochSampler)


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def kill_at(folder: Path, step: int, checkpoint: str = "") -> None:
    command = [sys.executable, str(Path(__file__).with_name("killed_run.py")), str(folder), str(step), checkpoint]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (folder / f"checkpoint-{step}").is_dir()


def test_a_killed_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """It is killed in the first stage and epoch, then again in the third stage and second epoch."""
    whole = resumable_trainer(tmp_path / "whole")
    whole.train()
    kill_at(tmp_path / "killed", 2)
    kill_at(tmp_path / "killed", 8, str(tmp_path / "killed" / "checkpoint-2"))
    resumed = resumable_trainer(tmp_path / "killed")
    resumed.train(resume_from_checkpoint=str(tmp_path / "killed" / "checkpoint-8"))
    assert resumed.schedule is not None
    assert [resumed.schedule.index_at(step) for step in (1, 2, 7, 8)] == [0, 0, 2, 2]
    assert whole.model is not None
    assert resumed.model is not None
    found, expected = weights(resumed.model), weights(whole.model)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    kept = ("stage", "loss", "ce_loss", "aux_loss", "grad_norm")
    lines = [[{name: line.get(name) for name in kept} for line in step_logs(one)] for one in (whole, resumed)]
    assert lines[0] == lines[1]


def run_group(command: list[str]) -> None:
    """Run a program that starts others; end all of them if they hang."""
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True, **options) as process:
        try:
            _, errors = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, errors[-3000:]


def test_two_processes_stay_equal_and_log_their_average(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += [str(Path(__file__).with_name("distributed_run.py")), str(tmp_path)]
    run_group(command)
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1))
    assert first["world"] == 2
    assert first["digest"] == second["digest"]
    assert {component_of(name) for name in first["changed"]} == set(COMPONENTS)
    assert first["order"] == second["order"]
    assert first["seen"] != second["seen"]
    for line, one, other in zip(first["logs"], first["seen"], second["seen"], strict=True):
        for name in one:
            assert line[name] == pytest.approx((one[name] + other[name]) / 2, rel=1e-5)
