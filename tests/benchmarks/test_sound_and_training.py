"""The benchmarks of sound and of training: both sides do the same work, or the run stops."""

import pytest
import torch

from benchmarks import audio, training
from benchmarks.rounds import Disagreement, Pair, measure


@pytest.mark.parametrize("all_at_once", [False, True])
def test_mel_spectrograms_agree_with_librosa(all_at_once):
    pair = audio.mel(audio.sounds(2), all_at_once=all_at_once)
    assert measure(pair, rounds=1, shortest=0).peer.startswith("librosa")
    with pytest.raises(Disagreement, match="levels differs"):
        pair.agree(pair.ours() + 0.01, pair.theirs())


def test_rendering_says_how_many_times_real_time():
    said = audio.rendering(pieces=2, rounds=1)
    assert said.startswith("rendering, 2 clips of 10 s: ")
    assert float(said.split(": ")[1].split(" times")[0].replace(",", "")) > 1


def test_a_plain_loop_ends_with_the_same_weights_as_the_shared_one():
    (pair,) = training.pairs(clips=64)
    assert isinstance(pair, Pair)
    ours, theirs = pair.ours(), pair.theirs()
    pair.agree(ours, theirs)
    start = training.network().state_dict()
    assert all(
        not torch.equal(value, start[name]) for name, value in ours.named_parameters()
    )  # it has learnt
    with torch.no_grad():
        next(theirs.parameters()).add_(1e-4)
    with pytest.raises(Disagreement, match=r"0\.weight differs"):
        pair.agree(ours, theirs)
