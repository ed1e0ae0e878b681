"""Tiny files in the form in which the authors of each data set publish theirs; the sentences are invented."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# What a sample holds: labels of each part that `prepare_dataset` takes without being asked.
Expected = dict[str, list[int]]


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def write_table(path: Path, rows: list[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)


def toxicn(folder: Path) -> Expected:
    row = {"content": "晴天", "toxic": 1, "toxic_type": 2, "expression": 1, "target": [1, 0], "topic": "region"}
    for split in ("train", "test"):
        write_json(folder / f"ToxiCN_ex/ToxiCN/data/{split}.json", [row, {**row, "content": "下雨", "toxic": 0}])
    write_table(folder / "ToxiCN_1.0.csv", [row])
    return {"train": [1, 0], "test": [1, 0]}


def toxicloakcn(folder: Path) -> Expected:
    write_table(folder / "Datasets/base_data.tsv", [{"content": f"晴天{n}", "toxic": n % 2} for n in range(3)])
    for name in ("homo", "emoji"):
        rows = [{"content": f"{name}{n}", "toxic": n % 2} for n in range(3)]
        write_table(folder / f"Datasets/Full_Perturbation/{name}_full.tsv", rows)
        keyword = [{"text": f"{name}晴天{n}", "label": n % 2} for n in range(3)]
        write_table(folder / f"Datasets/Only_Keywords/{name}_keyword.csv", keyword)
    return dict.fromkeys(["base", "homophone", "homophone_keyword", "emoji", "emoji_keyword"], [0, 1, 0])


def cold(folder: Path) -> Expected:
    for split in ("train", "dev", "test"):
        rows = [{"": n, "split": split, "topic": "race", "label": n, "TEXT": f"{split}天气{n}"} for n in range(2)]
        fine = [{**row, "fine-grained-label": 0} for row in rows]
        write_table(folder / f"COLDataset/{split}.csv", fine if split == "test" else rows)
    return dict.fromkeys(["train", "dev", "test"], [0, 1])


def swsr(folder: Path) -> Expected:
    row = {"weibo_id": 1, "comment_text": "天气好", "label": 1, "category": "SO", "target": "G"}
    write_table(folder / "SexComment.csv", [row, {**row, "comment_text": "下雨了", "label": "0.0"}])
    return {"all": [1, 0]}


def ihc(folder: Path) -> Expected:
    classes = ["not_hate", "implicit_hate", "explicit_hate"]
    rows = [{"post": f"a sunny day {name}", "class": name} for name in classes]
    write_table(folder / "implicit_hate_v1_stg1_posts.tsv", rows)
    return {"all": [0, 1, 1]}


def sbic(folder: Path) -> Expected:
    for split in ("trn", "dev", "tst"):
        rows = [{"post": f"{split} {mean}", "offensiveYN": mean, "targetMinority": '["x"]'} for mean in (0.5, "0.333")]
        write_table(folder / f"SBIC.v2.agg.{split}.csv", rows)
    return dict.fromkeys(["train", "dev", "test"], [1, 0])


def dynahate(folder: Path) -> Expected:
    row = {"acl.id": "acl1", "text": "fog", "label": "hate", "type": "x", "target": "y", "level": "original"}
    other = {"acl.id": "acl2", "text": "no fog", "label": "nothate", "level": "perturbation"}
    rows = [
        {**row, "acl.id.matched": "", "split": "train"},
        {**row, **other, "acl.id.matched": "acl1", "split": "train"},
        {**row, "acl.id": "acl3", "text": "hail", "acl.id.matched": "", "split": "dev"},
        {**row, "acl.id": "acl4", "text": "snow", "acl.id.matched": "", "split": "test"},
    ]
    write_table(folder / "Dynamically Generated Hate Dataset v0.2.3.csv", rows)
    return {"train": [1, 0], "dev": [1], "test": [1]}


def toxigen(folder: Path) -> Expected:
    for split in ("train", "test"):
        rows = [
            {"text": f"{split} {human}", "target_group": "x", "toxicity_ai": 3, "toxicity_human": human}
            for human in (2.5, 2.6)
        ]
        write_table(folder / f"annotated_{split}.csv", rows)
    write_table(folder / "toxigen.csv", [{"prompt": "a", "generation": "b", "group": "x", "prompt_label": 1}])
    return {"train": [0, 1], "test": [0, 1]}


def hatexplain(folder: Path) -> Expected:
    def post(*labels: str) -> dict[str, Any]:
        annotators = [{"label": label, "annotator_id": 1, "target": ["Y", "None"]} for label in labels]
        marks = [[0, 1, 1, 0], [0, 1, 0, 1]]
        return {"annotators": annotators, "rationales": marks, "post_tokens": ["a", "wet", "grey", "day"]}

    posts = {
        "1_gab": post("offensive", "offensive", "normal"),
        "2_gab": post("normal", "hatespeech", "offensive"),
        "3_gab": post("normal", "normal", "normal"),
    }
    write_json(folder / "Data/dataset.json", posts)
    write_json(folder / "Data/post_id_divisions.json", {"train": [*posts], "val": ["1_gab"], "test": ["3_gab"]})
    return {"train": [1, 0], "val": [1], "test": [0]}


def davidson(folder: Path) -> Expected:
    write_table(folder / "data/labeled_data.csv", [{"": n, "class": n, "tweet": f"wind {n}"} for n in range(3)])
    return {"all": [1, 0, 0]}


def stormfront(folder: Path) -> Expected:
    rows = [{"file_id": f"7_{n}", "label": label} for n, label in enumerate(["hate", "noHate", "relation"])]
    write_table(folder / "annotations_metadata.csv", rows)
    for name, numbers in {"all_files": (0, 1, 2), "sampled_train": (0,), "sampled_test": (1, 2)}.items():
        (folder / name).mkdir()
        for number in numbers:
            (folder / name / f"7_{number}.txt").write_text(f"mist {number}", encoding="utf-8")
    return {"train": [1], "test": [0]}


def olid(folder: Path) -> Expected:
    row = {"id": 1, "tweet": "rain", "subtask_a": "OFF", "subtask_b": "TIN", "subtask_c": "IND"}
    write_table(folder / "olid-training-v1.0.tsv", [row, {**row, "id": 2, "subtask_a": "NOT"}])
    write_table(folder / "testset-levela.tsv", [{"id": n, "tweet": f"rain {n}"} for n in (5, 6)])
    (folder / "labels-levela.csv").write_text("6,NOT\n5,OFF\n", encoding="utf-8")
    return {"train": [1, 0], "test": [1, 0]}


def hatemoji(folder: Path) -> Expected:
    row = {"type": "none", "target": "none", "set": "original"}
    for place, split in enumerate(("train", "validation", "test")):
        rows = [
            {**row, "entry_id": 2 * place + n, "text": f"{split} {n}", "label_gold": n, "matched_id": 2 * place}
            for n in range(2)
        ]
        write_table(folder / f"HatemojiBuild/{split}.csv", rows)
    return dict.fromkeys(["train", "validation", "test"], [0, 1])


def check_rows(id_column: str) -> list[Mapping[str, Any]]:
    row = {"functionality": "f", "target_ident": "x"}
    return [
        {**row, id_column: n, "test_case": f"cloud {n}", "label_gold": gold}
        for n, gold in enumerate(["hateful", "non-hateful"])
    ]


def hatecheck(folder: Path) -> Expected:
    write_table(folder / "test_suite_cases.csv", check_rows("case_id"))
    return {"test": [1, 0]}


def multilingual_hatecheck(folder: Path) -> Expected:
    for language in ("french", "mandarin"):
        write_table(folder / f"MHC Final Cases/hatecheck_cases_final_{language}.csv", check_rows("mhc_case_id"))
    return {"french": [1, 0], "mandarin": [1, 0]}


def mustard(folder: Path) -> Expected:
    row = {"utterance": "what weather", "speaker": "A", "context": ["one", "two"], "show": "S", "sarcasm": True}
    write_json(folder / "data/sarcasm_data.json", {"1_1": row, "1_2": {**row, "sarcasm": False}})
    return {"all": [1, 0]}


def urfunny(folder: Path) -> Expected:
    texts = {str(n): {"punchline_sentence": f"ice {n}", "context_sentences": ["a", "b"]} for n in range(3)}
    write_json(folder / "language_sdk.json", texts)
    write_json(folder / "humor_label_sdk.json", {"0": 1, "1": 0, "2": 1})
    write_json(folder / "data_folds.json", {"train": [0, 1], "dev": [2], "test": [1]})
    return {"train": [1, 0], "dev": [1], "test": [0]}


def mmsd2(folder: Path) -> Expected:
    for split in ("train", "valid", "test"):
        rows = [{"image_id": 10 + n, "text": f"{split} {n}", "label": n} for n in range(2)]
        write_json(folder / f"data/text_json_final/{split}.json", rows)
    return dict.fromkeys(["train", "valid", "test"], [0, 1])


def harmeme(folder: Path) -> Expected:
    labels = [["not harmful"], ["very harmful", "society"]]
    for split in ("train", "val", "test"):
        rows = [{"id": f"m{n}", "image": f"m{n}.png", "labels": of, "text": f"{n}"} for n, of in enumerate(labels)]
        file = folder / f"HarMeme_V1/Annotations/Harm-C/{split}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return dict.fromkeys(["train", "val", "test"], [0, 1])


def bias_templates(folder: Path) -> Expected:
    rows = [{"Text": "a fine day", "Label": "NOT_BAD"}, {"Text": "a foul day", "Label": "BAD"}]
    write_table(folder / "bias_madlibs_77k.csv", rows)
    return {"english": [0, 1]}


SAMPLES: dict[str, Callable[[Path], Expected]] = {
    make.__name__: make
    for make in (
        toxicn, toxicloakcn, cold, swsr, ihc, sbic, dynahate, toxigen, hatexplain, davidson, stormfront, olid, hatemoji,
        hatecheck, multilingual_hatecheck, mustard, urfunny, mmsd2, harmeme, bias_templates,
    )
}  # fmt: skip
