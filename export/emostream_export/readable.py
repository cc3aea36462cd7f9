"""The card as a page for people, written beside the model file it is in."""

from emostream.inference.card import ModelCard

ACTORS = """\
- Learnt from actors who played an emotion, mostly in studios. Everyday voices are less clear, and the label names how a
  voice sounds, not what somebody feels.
- Languages other than those it learnt from (above, and Russian where thanks go to Dusha), children, and sung or
  whispered speech were not heard in training.
"""
ONE_VOICE = """\
- Learnt from one voice alone: what it says of others is worth nothing. The label names how a voice sounds, not what
  somebody feels.
"""
LIMITS = """\
- Several voices at once are read as one. Noise and distance cost accuracy.
- Not for judging people at work or in education: the EU forbids it (AI Act, Article 5(1)(f)). Whoever is read must be
  told (Article 50(3))."""


def readable(card: ModelCard) -> str:
    """Markdown: what the network takes and gives, what it learnt from, its scores, its terms and its limits."""
    spec = card.features
    scores = "".join(f"| {name} | {score:.3f} |\n" for name, score in card.scores.items())
    return f"""\
# {card.name} ({card.variant}, {card.version})

Reads {", ".join(card.labels)} in {card.window_ms / 1000:g} s of speech, every {card.interval_ms} ms; from
{card.shortest_window_ms} ms on it makes do with less.

**Input** `features` (batch, frames, {spec.dim}): {", ".join(spec.features)} of {spec.sample_rate_hz} Hz audio, frames
of {spec.frame_length} samples every {spec.hop_length}. **Output** `logits` (batch, {len(card.labels)}); the calibrated
probability is softmax(logits / {card.temperature:g}).

**Learnt from** {card.training_data}. Speakers: {len(card.heard_speakers)}; split {card.split_hash}.
{card.attribution and f"{chr(10)}**Thanks to** what it starts from or learnt with: {card.attribution}.{chr(10)}"}
**Terms of the weights**: {card.licence}. The code is under the MIT licence, the weights are not.

## Scores

{card.protocol}.

| | |
|---|---|
{scores}
## Limits

{ONE_VOICE if len(card.heard_speakers) == 1 else ACTORS}{LIMITS}
"""
