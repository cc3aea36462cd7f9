"""What a card says may be done with weights."""

import pytest

from emostream_trainer.corpora.licences import weights_licence
from emostream_trainer.corpora.registry import NAMED, READERS

ODBL = READERS["crema-d"].facts
OWN = READERS["folders"].facts


def test_every_known_corpus_says_whether_it_may_be_used_commercially() -> None:
    assert all(reader.facts.non_commercial is not None for reader in NAMED)


def test_weights_of_crema_d_are_not_restricted_to_research() -> None:
    assert weights_licence([ODBL]) == f"under the terms of what they are learnt from: {ODBL.title} ({ODBL.licence})"


@pytest.mark.parametrize("name", ["ravdess", "tess", "nemo", "emodb", "emovo", "savee", "urdu"])
def test_one_restricted_corpus_restricts_the_weights(name: str) -> None:
    line = weights_licence([ODBL, READERS[name].facts])
    assert line.startswith("research and non-commercial use")
    assert READERS[name].facts.licence in line
    assert ODBL.licence not in line


def test_unknown_terms_are_said() -> None:
    assert weights_licence([OWN]).startswith(f"not known: it hangs on the terms of {OWN.title}")
    both = weights_licence([OWN, READERS["tess"].facts])
    assert both.startswith("research and non-commercial use")
    assert both.endswith(f"the terms of {OWN.title} are not known")
