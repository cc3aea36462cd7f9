"""Where a network learns: this processor, or an NVIDIA card."""

import importlib
from typing import Literal

from emostream.errors import UsageError
from emostream_trainer.networks.registry import network_entry
from emostream_trainer.recipes import Recipe

Device = Literal["cpu", "cuda"]


def check_device(device: Device, recipe: Recipe) -> None:
    """Raises ``UsageError`` where the framework of the recipe's network finds no such device."""
    if device == "cpu":
        return
    framework = network_entry(recipe).framework
    if framework == "torch":
        found = importlib.import_module("torch").cuda.is_available()
    else:
        tf = importlib.import_module("emostream_trainer.networks.quiet_tensorflow").tf
        found = bool(tf.config.list_physical_devices("GPU"))
    if not found:
        package = "torch" if framework == "torch" else "tensorflow[and-cuda]"
        raise UsageError(
            f"{recipe.name}: {framework} finds no CUDA device, expected one for --device cuda: leave --device out, or "
            f"install the driver and a {package} that is built for it"
        )
