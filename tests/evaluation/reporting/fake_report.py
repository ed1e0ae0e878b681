"""Reports that nothing was measured for, with every section."""

import math
from random import Random
from typing import Any

from decloak.evaluation.reporting.report_schema import SCHEMA
from decloak.processing.cloaking import available_attacks

HOSTILE = "<script>alert(1)</script> ]]> \u202eevil\u202c \ud800 \x00\x1b[31m $x^2$ {{ 7*7 }} \"'&amp; 中文"
STRENGTHS = [0.1, 0.3, 0.6, 1.0]


def around(value: float, width: float = 0.02) -> list[float]:
    return [value - width, value + width * 1.1]


def roc(points: int = 200) -> dict[str, list[float]]:
    rates = [0.0, *(10 ** (-3.3 + 3.3 * index / (points - 2)) for index in range(points - 1))]
    return {
        "fpr": rates,
        "tpr": [rate**0.22 for rate in rates],
        "threshold": [1 - index / points for index in range(points)],
    }


def reliability(n: int = 5000, bins: int = 15) -> list[dict[str, Any]]:
    shares = [math.exp(-4 * index / bins) + math.exp(-5 * (bins - index) / bins) for index in range(bins)]
    filled = [
        {
            "low": index / bins,
            "high": (index + 1) / bins,
            "count": round(n * share / sum(shares)),
            "mean_probability": (index + 0.5) / bins,
            "positive_rate": min(1.0, ((index + 0.5) / bins) ** 1.4),
        }
        for index, share in enumerate(shares)
    ]
    filled[7] |= {"count": 0, "mean_probability": None, "positive_rate": None}
    return filled


def attack_results(random: Random) -> list[dict[str, Any]]:
    results = []
    for attack in available_attacks():
        power = random.random() * 0.4
        for strength in STRENGTHS:
            drop = power * strength**0.7 - 0.01
            results.append(
                {
                    "attack": attack,
                    "strength": strength,
                    "n": 1000,
                    "changed": int(900 * strength) + 50,
                    "macro_f1": 0.7941,
                    "attacked_macro_f1": 0.7941 - drop,
                    "absolute_drop": drop,
                    "relative_drop": drop / 0.7941,
                    "attack_success_rate": max(drop, 0.0) * 1.6,
                    "evasion_rate": max(drop, 0.0) * 2,
                    "false_alarm_rate": max(drop, 0.0) / 3,
                    "intervals": {"absolute_drop": around(drop), "attack_success_rate": None},
                }
            )
    return results


def robustness(random: Random) -> dict[str, Any]:
    results = attack_results(random)
    return {
        "rows": 1000,
        "sampled": True,
        "seed": 0,
        "strengths": STRENGTHS,
        "attacks": results,
        "worst": max(results, key=lambda one: one["absolute_drop"]),
        "mean_drop": {"0.1": 0.0123, "0.3": 0.0456, "0.6": 0.0789, "1.0": 0.1234},
    }


def group(random: Random, index: int) -> dict[str, Any]:
    small = index % 10 == 9
    fpr, fnr = random.random() * 0.4, random.random() * 0.6
    rates = {
        "fpr": fpr,
        "fnr": fnr,
        "fpr_gap": fpr - 0.12,
        "fnr_gap": fnr - 0.3,
        "fpr_interval": around(fpr, 0.05),
        "fnr_interval": around(fnr, 0.05),
        "subgroup_auc": 0.6 + random.random() * 0.35,
        "bpsn_auc": 0.5 + random.random() * 0.4,
        "bnsp_auc": None if index == 3 else 0.7 + random.random() * 0.3,
    }
    return {
        "n": 6 if small else 40 + 13 * index,
        "positives": 3 if small else 20,
        "too_small": small,
        **(dict.fromkeys(rates) if small else rates),
    }


def groups(random: Random, number: int = 60) -> dict[str, Any]:
    names = ["women", "移民", "a group whose name is much longer than what fits beside a plot"]
    names += [f"group {index}" for index in range(len(names), number)]
    return {
        "groups": {name: group(random, index) for index, name in enumerate(names)},
        "overall": {"n": 5000, "positives": 2000, "fpr": 0.1201, "fnr": 0.3007, "auroc": 0.88, "without_group": 1200},
        "fpr_difference": 0.3902,
        "fnr_difference": 0.5803,
        "power_means": {"subgroup_auc": 0.77},
        "worst": {"fpr": "group 5", "fnr": "移民", "subgroup_auc": "women"},
        "too_small": [],
    }


def functionality(random: Random, number: int = 29) -> dict[str, Any]:
    found = {}
    for index in range(number):
        n = 80 + index
        correct = int(n * (0.46 if index == 3 else random.random() ** 0.5))
        found[f"functionality {index:02d} of cases"] = {
            "label": int(index < 18),
            "n": n,
            "correct": correct,
            "accuracy": correct / n,
            "interval": around(correct / n, 0.05),
        }
    below = [name for name, one in found.items() if one["accuracy"] < 0.5]
    return {
        "functionalities": found,
        "hateful_accuracy": 0.7012,
        "non_hateful_accuracy": 0.5523,
        "accuracy": 0.6534,
        "macro_accuracy": 0.6445,
        "below_half": below,
    }


def worst_errors(random: Random, number: int = 50, texts: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "row": 17 * index + 2,
            "id": None if index % 5 == 0 else f"id-{index}",
            "sha256": f"{random.getrandbits(64):016x}",
            "true": "hateful" if index % 2 else "not_hateful",
            "predicted": "not_hateful" if index % 2 else "hateful",
            "score": 0.999 - index / 1000,
            "text": f"invented harmless text {index}" if texts else None,
        }
        for index in range(number)
    ]


def baseline(name: str, value: float) -> dict[str, Any]:
    return {
        "name": name,
        "measures": {"macro_f1": value, "mcc": value - 0.2, "accuracy": value + 0.01, "auroc": None},
        "macro_f1_interval": around(value),
        "difference": {
            "macro_f1": {"difference": 0.7941 - value, "interval": around(0.7941 - value, 0.03), "p_value": 0.0004},
            "mcc": {"difference": -0.0142, "interval": [-0.05, 0.02], "p_value": 0.31},
            "auroc": {"difference": None, "interval": None, "p_value": None},
        },
        "mcnemar": {"only_a_right": 321, "only_b_right": 234, "statistic": 13.3, "p_value": 0.0003},
    }


def full_report(seed: int = 0, data: str = "invented test", model: str = "a/model") -> dict[str, Any]:
    """A report with every section."""
    random = Random(seed)
    errors = [{"row": 3 * index + 1, "reason": f"no label in column 'label' ({index})"} for index in range(1000)]
    return {
        "schema": SCHEMA,
        "kind": "evaluation",
        "created": "2026-03-01T12:30:00+00:00",
        "versions": {"decloak": "0.1.0", "python": "3.11.4", "torch": "2.10.0"},
        "model": model,
        "data": data,
        "classifier": {
            "kind": "transformers",
            "name": model,
            "labels": ["not_hateful", "hateful"],
            "fingerprint": "a1b2c3",
        },
        "dataset": {"file": "test.csv", "sha256": "ab" * 32, "rows": 6234, "languages": {"zh": 3000, "en": 2000}},
        "settings": {
            "seed": 0,
            "resamples": 1000,
            "level": 0.95,
            "command": "decloak evaluate --model a/model --data test.csv",
        },
        "labels": ["not_hateful", "hateful"],
        "n": 5000,
        "errors": 1234,
        "error_examples": ["no label in column 'label' (0)"],
        "error_rows": errors,
        "truncated": 12,
        "modalities": ["text", "vision"],
        "seconds": 41.27,
        "texts_per_second": 121.2,
        "macro_f1": 0.7941,
        "macro_f1_interval": [0.7812, 0.8063],
        "mcc": 0.5892,
        "accuracy": 0.8034,
        "auroc": 0.8765,
        "average_precision": 0.8421,
        "ece": 0.0456,
        "adaptive_ece": 0.0478,
        "brier": 0.1387,
        "recall_at_fpr": {
            "0.01": {
                "recall": 0.3687,
                "threshold": 0.98123,
                "fpr": 0.0097,
                "negatives": 3000,
                "enough_negatives": True,
            },
            "0.05": {
                "recall": 0.5432,
                "threshold": 0.87654,
                "fpr": 0.0493,
                "negatives": 3000,
                "enough_negatives": True,
            },
        },
        "confusion": [[2645, 355], [628, 1372]],
        "intervals": {
            "macro_f1": [0.7812, 0.8063],
            "mcc": [0.5632, 0.6123],
            "accuracy": [0.7921, 0.8145],
            "auroc": [0.8665, 0.8861],
            "average_precision": [0.8301, 0.8534],
            "recall_at_fpr_0.01": [0.3012, 0.4398],
            "recall_at_fpr_0.05": [0.5134, 0.5765],
            "ece": [0.0389, 0.0567],
            "brier": None,
        },
        "reliability": reliability(),
        "roc": roc(),
        "languages": {
            "zh": {"n": 3000, "macro_f1": 0.8123, "auroc": 0.8934, "recall_at_fpr": {"0.01": {"recall": 0.4123}}},
            "en": {"n": 2000, "macro_f1": 0.7532, "auroc": None, "recall_at_fpr": {"0.01": {"recall": None}}},
        },
        "groups": groups(random),
        "functionality": functionality(random),
        "robustness": robustness(random),
        "worst_errors": worst_errors(random),
        "duplicate_ids": [{"id": "id-7", "rows": [7, 19]}],
        "baselines": [baseline("TF-IDF + logistic regression", 0.7412), baseline("lexicon", 0.6123)],
        "predictions": {"file": "predictions.parquet", "sha256": "cd" * 32, "rows": 6234},
        "notes": ["Rows of one source sentence were drawn together."],
    }


def comparison(rows: int = 40) -> dict[str, Any]:
    random = Random(2)
    changed = [
        {
            "row": index * 3 + 1,
            "id": f"id-{index}",
            "sha256": f"{random.getrandbits(64):016x}",
            "true": ["hateful", "not_hateful"][index % 2],
            "a": "hateful",
            "b": "not_hateful",
            "score_a": random.random(),
            "score_b": None if index == 4 else random.random(),
            "text": f"invented harmless text {index}",
        }
        for index in range(rows)
    ]
    return {
        "schema": "decloak.comparison/1",
        "a": full_report(),
        "b": full_report(1, model="b/model") | {"macro_f1": 0.7412},
        "n": 5000,
        "difference": baseline("b", 0.7412)["difference"],
        "mcnemar": {"only_a_right": 20, "only_b_right": 12, "statistic": 1.53, "p_value": 0.216},
        "changed": changed,
    }
