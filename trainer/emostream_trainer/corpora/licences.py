"""What may be done with weights, by what they were learnt from."""

from collections.abc import Sequence

from emostream_trainer.corpora.reader import Facts


def weights_licence(corpora: Sequence[Facts]) -> str:
    """One line for the card. Whoever trains on recordings of their own says it better with ``--weights-licence``."""
    unknown = [facts for facts in corpora if facts.non_commercial is None]
    restricted = [facts for facts in corpora if facts.non_commercial]
    if restricted:
        line = f"research and non-commercial use: learnt from {_named(restricted)}, which allow no more"
        return f"{line}; the terms of {_named(unknown)} are not known" if unknown else line
    if unknown:
        return f"not known: it hangs on the terms of {_named(unknown)}; say it with --weights-licence"
    return f"under the terms of what they are learnt from: {_named(corpora)}"


def _named(corpora: Sequence[Facts]) -> str:
    return ", ".join(
        facts.title if facts.non_commercial is None else f"{facts.title} ({facts.licence})" for facts in corpora
    )
