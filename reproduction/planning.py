"""The runs of an experiment: each variant with each seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from decloak.training.recipe import Recipe

from .experiment import Experiment
from .experiment_parts import Variant
from .variant_recipes import variant_recipe


@dataclass(frozen=True)
class PlannedRun:
    """A variant with a seed.

    Attributes:
        variant: what is trained.
        seed: with which seed.
        recipe: by which recipe.
    """

    variant: Variant
    seed: int
    recipe: Recipe

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.variant.name}, seed {self.seed}"

    @property
    def senses(self) -> list[str]:
        """The senses that its model has."""
        return list(self.recipe.model["default_modalities"])

    def folder(self, output: Path) -> Path:
        """Return the folder of its files."""
        return output / self.variant.name / f"seed-{self.seed}"


def planned_runs(
    experiment: Experiment,
    facts: Mapping[str, Mapping[str, str]],
    seeds: Sequence[int] | None = None,
    overrides: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> list[PlannedRun]:
    """List the runs, seed by seed, so that the first numbers of all variants are there early.

    Args:
        experiment: the experiment.
        facts: what model cards say of each source.
        seeds: instead of the experiment's and of its variants'.
        overrides: changes to every recipe, by dotted key.
        folder: where recipes that do not come with decloak are.

    Raises:
        FileNotFoundError: As `variant_recipe`.
        ValueError: As `variant_recipe`.
    """
    by_variant = {one.name: list(dict.fromkeys(seeds or one.seeds or experiment.seeds)) for one in experiment.variants}
    order = list(dict.fromkeys(seed for chosen in by_variant.values() for seed in chosen))
    return [
        PlannedRun(variant, seed, variant_recipe(experiment, variant, seed, facts, overrides, folder))
        for seed in order
        for variant in experiment.variants
        if seed in by_variant[variant.name]
    ]


def chosen_variants(experiment: Experiment, only: Sequence[str]) -> list[str]:
    """Return the variants to train: those of `--only`, or all.

    Raises:
        ValueError: There is no such variant.
    """
    unknown = [name for name in only if name not in experiment.variant_names]
    if unknown:
        raise ValueError(f"--only is {', '.join(unknown)}; {experiment.name} has {', '.join(experiment.variant_names)}")
    return list(only) or experiment.variant_names


__all__ = ["PlannedRun", "chosen_variants", "planned_runs"]
