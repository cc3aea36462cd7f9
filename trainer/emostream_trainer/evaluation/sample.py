"""A sample of an evaluation's clips, scored as they are and disturbed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation.disturbance import Disturbance
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.result import StreamedEvaluation
from emostream_trainer.evaluation.streaming import evaluate


@dataclass(frozen=True)
class Sample:
    """The clips that stand for ``whole``, and the models that judge them; ``clean`` is what these made of them."""

    whole: StreamedEvaluation
    clean: StreamedEvaluation
    ensembles: FoldEnsembles
    labels: LabelSet

    @classmethod
    def of(
        cls, evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet, per_corpus: int
    ) -> "Sample":
        """At most ``per_corpus`` clips of each corpus, always the same."""
        sample = stratified_sample(evaluation.clips, labels, per_corpus)
        return cls(evaluation, evaluation.of(evaluation.mask_of(sample)), ensembles, labels)

    def disturbed(
        self, name: str, disturbance_for: Callable[[Clip, Sequence[Clip]], Disturbance]
    ) -> StreamedEvaluation:
        """The same clips, each disturbed; the function gets a clip and those whose voices may stand behind it."""
        folds = dict(zip((clip.path for clip in self.whole.clips), self.whole.fold.tolist(), strict=True))
        disturbances = {}
        for clip in self.clean.clips:
            # Whoever its models never heard either, or, where that is nobody else, anybody.
            near = [other for other in self.whole.clips if folds[other.path] == folds[clip.path]]
            others = near if any(other.speaker != clip.speaker for other in near) else self.whole.clips
            disturbances[clip.path] = disturbance_for(clip, others)
        return evaluate(name, self.ensembles, self.clean.clips, self.labels, disturbances=disturbances)
