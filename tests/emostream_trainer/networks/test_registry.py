"""Networks by name: every recipe has one, and no other name becomes one."""

import msgspec
import pytest

from emostream.errors import UsageError
from emostream_trainer.networks.network import load_network, new_network
from emostream_trainer.networks.registry import REGISTRY, build_network, network_entry
from emostream_trainer.recipes import RECIPES
from emostream_trainer.training.learner import new_learner


def test_every_recipe_has_a_network_and_every_network_a_recipe() -> None:
    assert set(REGISTRY) == set(RECIPES)


@pytest.mark.parametrize("changes", [{"network": "mel_cnn3d"}, {"variant": "seed"}])
def test_an_unknown_network_is_an_error_that_lists_what_there_is(changes: dict[str, str]) -> None:
    recipe = msgspec.structs.replace(RECIPES["mfcc_cnn1d/attentive"], **changes)
    for build in (network_entry, lambda recipe: build_network(recipe, 4), lambda recipe: new_network(recipe, 4)):
        with pytest.raises(
            UsageError, match=f"found the network '{recipe.name}', expected one of mfcc_cnn1d/published"
        ):
            build(recipe)


@pytest.mark.parametrize("name", RECIPES)
def test_a_network_is_built_without_rows_and_has_a_learners_weights_once_they_are_loaded(
    name: str, tmp_path: "pytest.TempPathFactory"
) -> None:
    import numpy as np

    recipe = RECIPES[name]
    rng = np.random.default_rng(0)
    rows = rng.normal(-40, 10, (50, recipe.features.dim)).astype(np.float32)
    learner = new_learner(recipe, 4, rows)
    learner.save(tmp_path / "checkpoint")
    network = load_network(recipe, 4, tmp_path / "checkpoint")
    windows = rng.normal(-40, 10, (2, 160, recipe.features.dim)).astype(np.float32)
    for ours, theirs in zip(network.run(windows), learner.run(windows), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert network.network is not None
    assert learner.network is not None
