"""The networks for mel spectrograms and for waveforms, and what their filters respond to."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import MelCNN, WaveCNN, strongest_clips


def seeded(make):
    torch.manual_seed(0)
    return make().eval()


@settings(max_examples=15, deadline=None)
@given(frames=st.integers(MelCNN.shortest, 300), mels=st.sampled_from([8, 64, 96]), n=st.integers(1, 3))
def test_a_mel_network_takes_clips_of_any_length(frames, mels, n):
    network = seeded(lambda: MelCNN(5, mels=mels))
    clips = torch.randn(n, mels, frames)
    assert network.embed(clips).shape == (n, 128)
    assert network(clips).shape == (n, 5)


@settings(max_examples=10, deadline=None)
@given(samples=st.integers(WaveCNN.shortest, 30_000))
def test_a_wave_network_takes_clips_of_any_length(samples):
    network = seeded(lambda: WaveCNN(5))
    assert network(torch.randn(2, samples)).shape == (2, 5)


@pytest.mark.parametrize(("make", "shape"), [(MelCNN, (64, 40)), (WaveCNN, (6000,))])
def test_every_weight_learns(make, shape):
    torch.manual_seed(0)
    network = make(3)
    network(torch.randn(4, *shape)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())


@pytest.mark.parametrize(("make", "shape"), [(MelCNN, (64, 40)), (WaveCNN, (6000,))])
def test_what_comes_out_of_a_clip_does_not_depend_on_the_others(make, shape):
    network, clips = seeded(lambda: make(3)), torch.randn(5, *shape)
    alone = torch.cat([network(clip[None]) for clip in clips])
    torch.testing.assert_close(network(clips), alone, rtol=1e-4, atol=1e-5)


def test_bands_are_standardised_by_the_mean_of_all_batches():
    network, clips = MelCNN(2), torch.randn(6, 64, 40) * 7 - 60
    network.train()
    for batch in clips.split(2):
        network(batch)
    torch.testing.assert_close(network.standardise.running_mean, clips.mean(dim=(0, 2)), rtol=1e-4, atol=1e-3)


def test_the_strongest_clip_of_a_filter_holds_what_it_responds_to():
    network = seeded(lambda: MelCNN(2))
    with torch.no_grad():  # the first filter sums a 5x5 patch
        network.body[0].weight[3] = 1.0
    quiet = torch.zeros(6, 64, 80)
    quiet[4, 20:30, 50:60] = 5.0
    quiet[2, 20:30, 10:20] = 3.0
    found = strongest_clips(network, quiet, layer=0, channel=3, k=2)
    assert found.clips.tolist() == [4, 2]
    assert 50 <= found.frames[0] < 60 and 10 <= found.frames[1] < 20
    assert found.responses[0] > found.responses[1] > 0


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"layer": 4}, InvalidArgument, r"\[16, 32, 64, 128\] channels"),
        ({"channel": 16}, InvalidArgument, "channel 16"),
        ({"k": 9}, InvalidArgument, "there are 2 clips"),
        ({"network": torch.nn.Linear(2, 2)}, InvalidArgument, "found Linear"),
        ({"mel": np.zeros((2, 10, 40))}, InvalidData, "10 mel bands"),
    ],
)
def test_a_filter_that_is_not_there(wrong, error, message):
    asked = {"network": MelCNN(2), "mel": np.zeros((2, 64, 40)), "layer": 0, "channel": 0, "k": 1} | wrong
    with pytest.raises(error, match=message):
        strongest_clips(**asked)
