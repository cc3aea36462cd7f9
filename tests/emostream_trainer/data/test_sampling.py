"""The sample: balanced, and the same whatever else is there."""

from collections import Counter

from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.data.sampling import stratified_sample
from tests.support.tiny_training import made_up_clips


def test_labels_and_speakers_come_in_turn() -> None:
    clips = made_up_clips(["sad"] * 40 + ["angry"] * 10 + ["happy"] * 10 + ["neutral"] * 10, speakers=5)
    sample = stratified_sample(clips, FOUR, 20)
    assert Counter(clip.emotion for clip in sample) == dict.fromkeys(FOUR.labels, 5)
    assert Counter(clip.speaker for clip in sample) == {f"made-{i}": 4 for i in range(5)}
    assert [clip for clip in clips if clip in sample] == sample


def test_each_corpus_has_its_own_and_a_small_one_is_whole() -> None:
    large, small = made_up_clips(["sad", "angry"] * 50), made_up_clips(["sad", "angry"], corpus="small")
    sample = stratified_sample([*large, *small], FOUR, 10)
    assert Counter(clip.corpus for clip in sample) == {"made": 10, "small": 2}
    assert stratified_sample(small, FOUR, 10) == small


def test_it_is_the_same_in_any_order_and_a_smaller_one_is_part_of_it() -> None:
    clips = made_up_clips(["sad", "angry"] * 50)
    ours, backwards = stratified_sample(clips, FOUR, 12), stratified_sample(clips[::-1], FOUR, 12)
    assert ours == backwards[::-1]
    assert set(map(id, stratified_sample(clips, FOUR, 4))) <= set(map(id, ours))
