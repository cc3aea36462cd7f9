"""What ``listen`` and ``serve`` do alike with a source of this machine's own."""

import argparse
from collections.abc import Callable
from contextlib import ExitStack

from emostream.commands.model_watch import ModelWatch
from emostream.commands.options.consent import Consent
from emostream.commands.options.recording import Recording
from emostream.commands.service.manager import ServiceManager
from emostream.commands.sinks import LiveSinks
from emostream.daemon import Daemon
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.sources import Source

MakeStream = Callable[[StreamFactory], EmotionStream]


def stream_of(source: Source, arguments: argparse.Namespace, recording: Recording | None) -> MakeStream:
    """What makes the stream of a source, of these models or others, at which ``recording`` looks on."""

    def make(factory: StreamFactory) -> EmotionStream:
        return factory.stream(
            source.sample_rate_hz,
            stream="live",
            source=source.name,
            notice=arguments.notice or None,
            observer=recording.observer(factory.models) if recording else None,
        )

    return make


def begin_beating(consent: Consent, opened: LiveSinks, manager: ServiceManager, stack: ExitStack) -> Callable[[], None]:
    """Tell the service manager that the command is ready, and at its end that it stops.

    Gives what is to be called every second or so, by the work that must not stop.
    """

    def beat() -> None:
        consent.schedule.check()
        if opened.is_alive:
            manager.feed()

    stack.callback(manager.stopping)
    manager.ready()
    return beat


def run_source(
    source: Source,
    stream: EmotionStream,
    opened: LiveSinks,
    consent: Consent,
    *,
    watch: ModelWatch,
    beat: Callable[[], None],
) -> None:
    """Read the source until it ends. Raises what it raises."""
    Daemon(
        source,
        stream,
        opened.sinks,
        lambda: opened.clients,
        switch=consent.switch,
        on_beat=beat,
        next_stream=watch.take,
    ).run()
