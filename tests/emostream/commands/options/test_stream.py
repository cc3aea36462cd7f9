"""The options of a stream: speaker, reliability figures, and combinations that are refused."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from emostream import assets, profiles
from emostream.commands.options import stream
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory
from emostream.commands.parsing import Parser
from emostream.commands.settings import Settings
from emostream.errors import ModelError, ProfileError, UsageError
from emostream.events import Hello
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.factory import stream_config
from emostream.pipeline.reliability import Reliability, cost, encode_reliability
from emostream.profiles import Speakers
from tests.emostream.pipeline.test_reliability import RELIABILITY
from tests.support.processes import emostream, events_of
from tests.support.streams import of_type


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Speakers:
    """Who is enrolled for the commands under test: nobody yet."""
    monkeypatch.setattr(stream, "Speakers", lambda: Speakers(tmp_path / "speakers"))
    return stream.Speakers()


@pytest.fixture
def figures(tiny_models: list[EmotionModel]) -> Reliability:
    models = tuple(model.card.identity() for model in tiny_models)
    return msgspec.structs.replace(RELIABILITY, models=models, weights=(1.25, 0.5))


def options(*flags: object, environment: Mapping[str, str] = MappingProxyType({})) -> argparse.Namespace:
    parser = Parser()
    add_stream_arguments(parser, Settings(environment, Path("/nonexistent/config.toml")))
    return parser.parse_args([str(flag) for flag in flags])


def named(paths: list[Path]) -> list[object]:
    return [word for path in paths for word in ("--model", path)]


def test_without_options_a_stream_is_as_always(tiny_paths: list[Path]) -> None:
    factory = load_stream_factory(options(*named(tiny_paths)))
    assert factory.config == StreamConfig()
    assert factory.profile is None
    hello = factory.stream(44_100, stream="s", source="a file").hello()
    assert (hello.stream, hello.source, hello.speaker, hello.certainty) == ("s", "a file", None, None)


def test_settings_stand_for_flags() -> None:
    environment = {
        "EMOSTREAM_SPEAKER": "Ada",
        "EMOSTREAM_DRIFT": "off",
        "EMOSTREAM_BE_RIGHT": "0.8",
        "EMOSTREAM_RELIABILITY": "figures.json",
    }
    chosen = options(environment=environment)
    assert (chosen.speaker, chosen.drift, chosen.be_right) == ("Ada", False, 0.8)
    assert chosen.reliability == Path("figures.json")
    flagged = options("--speaker", "Bo", "--drift", "--be-right", "0.7", environment=environment)
    assert (flagged.speaker, flagged.drift, flagged.be_right) == ("Bo", True, 0.7)
    with pytest.raises(UsageError, match="found 'often' for EMOSTREAM_BE_RIGHT, expected float"):
        options(environment={"EMOSTREAM_BE_RIGHT": "often"})


def test_drift_can_be_turned_off(tiny_paths: list[Path]) -> None:
    assert load_stream_factory(options("--drift", *named(tiny_paths))).config.adaptation.drift
    assert not load_stream_factory(options("--no-drift", *named(tiny_paths))).config.adaptation.drift


@pytest.mark.parametrize("share", ["0.25", "1", "1.5", "-1", "0", "nan", "80"])
def test_a_share_that_cannot_be_is_one_line(share: str) -> None:
    with pytest.raises(UsageError, match=f"found {share} for --be-right, expected a share above 0.25 and below 1"):
        load_stream_factory(options(f"--be-right={share}"))


def test_the_curves_say_from_where_labels_are_shown(tiny_models: list[EmotionModel], figures: Reliability) -> None:
    config = stream_config(tiny_models, figures, 0.8, drift=False)
    assert (config.smoothing.on_threshold, config.smoothing.off_threshold) == (0.7, pytest.approx(0.65))
    assert (config.utterance_threshold, config.weights, config.adaptation.drift) == (0.6, (1.25, 0.5), False)
    assert config.certainty == figures.certainty(0.8)


def test_figures_alone_only_weigh_the_models_whatever_their_order(
    tiny_models: list[EmotionModel], figures: Reliability
) -> None:
    assert stream_config(tiny_models, figures, None) == StreamConfig(weights=(1.25, 0.5))
    assert stream_config(tiny_models[::-1], figures, None) == StreamConfig(weights=(0.5, 1.25))


def test_a_wish_without_figures_is_one_line(tiny_paths: list[Path]) -> None:
    with pytest.raises(UsageError, match=r"--be-right needs figures .*--reliability FILE, or leave --be-right out"):
        load_stream_factory(options("--be-right", "0.8", *named(tiny_paths)))


def test_figures_are_read_from_the_file_that_is_named(
    tmp_path: Path, tiny_paths: list[Path], tiny_models: list[EmotionModel], figures: Reliability
) -> None:
    path = tmp_path / "figures.json"
    path.write_bytes(encode_reliability(figures))
    flags = [*named(tiny_paths), "--be-right", "0.8", "--reliability", path]
    assert load_stream_factory(options(*flags)).config == stream_config(tiny_models, figures, 0.8)
    path.write_bytes(encode_reliability(RELIABILITY))
    with pytest.raises(ModelError, match=r"was measured with tiny/test .*expected tiny_mel/test"):
        load_stream_factory(options(*flags))
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read \\(No such file or directory\\)"):
        load_stream_factory(options(*flags))


def test_what_it_costs_is_said_before_the_timeline(
    tmp_path: Path, tiny_paths: list[Path], figures: Reliability
) -> None:
    path = tmp_path / "figures.json"
    path.write_bytes(encode_reliability(figures))
    chosen = [*named(tiny_paths), "--be-right", "0.8", "--reliability", path]
    ended = emostream("file", *chosen, assets.DEMO_RECORDING)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1] == f"  {cost(figures.certainty(0.8))}"
    (hello,) = of_type(events_of(emostream("listen", "-", *chosen, stdin=bytes(32_000)).stdout), Hello)
    assert hello.certainty == figures.certainty(0.8)


def test_shipped_figures_are_for_the_shipped_models_alone(
    tmp_path: Path, tiny_paths: list[Path], figures: Reliability, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reliability.json"
    monkeypatch.setattr(assets, "RELIABILITY", path)
    monkeypatch.setattr(assets, "model_paths", lambda: tiny_paths)
    assert load_stream_factory(options()).config == StreamConfig()
    path.write_bytes(encode_reliability(figures))
    assert load_stream_factory(options()).config.weights == (1.25, 0.5)
    assert load_stream_factory(options(*named(tiny_paths))).config == StreamConfig()
    path.write_bytes(encode_reliability(RELIABILITY))
    with pytest.raises(ModelError, match="was measured with"):
        load_stream_factory(options())


def test_a_speaker_must_be_known_and_to_these_models(
    people: Speakers, tiny_paths: list[Path], summarised_paths: list[Path]
) -> None:
    with pytest.raises(UsageError, match="Ada is not enrolled"):
        load_stream_factory(options("--speaker", "Ada", *named(summarised_paths)))
    people.save(SpeakerProfile(name="Ada", seconds=20.0, models=()))
    factory = load_stream_factory(options("--speaker", "Ada", *named(summarised_paths)))
    with pytest.raises(ProfileError, match="emostream enrol Ada --force"):
        factory.stream(16_000, stream="s", source="")
    factory = load_stream_factory(options("--speaker", "Ada", *named(tiny_paths)))
    with pytest.raises(ProfileError, match="cannot take a speaker into account"):
        factory.stream(16_000, stream="s", source="")


def test_people_are_kept_where_the_users_data_are() -> None:
    assert profiles.speakers_folder().parts[-2:] == ("emostream", "speakers")
