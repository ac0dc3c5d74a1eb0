"""Augmentation changes what it says and nothing else, and the generator decides all of it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.audio import crop, shift, spec_augment
from musicrec.errors import InvalidArgument, InvalidData


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(n=3, mels=16, frames=40, seed=0):
    return 20 * torch.randn((n, mels, frames), generator=random(seed)) - 40


def runs(hidden):
    """Lengths of the unbroken stretches of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hidden.astype(int), [0]])))
    return edges[1::2] - edges[::2]


SIZES = st.tuples(st.integers(0, 4), st.integers(1, 20), st.integers(1, 40))


@settings(deadline=None)
@given(size=SIZES, seed=st.integers(0, 999), masks=st.integers(0, 3), data=st.data())
def test_masks_hide_whole_bands_and_frames_behind_the_mean_and_leave_the_rest(size, seed, masks, data):
    mel = batch(*size)
    time = data.draw(st.integers(0, size[2]))
    bands = data.draw(st.integers(0, size[1]))
    before = mel.clone()
    after = spec_augment(mel, random(seed), time=time, bands=bands, masks=masks)
    assert torch.equal(mel, before)
    assert after.shape == mel.shape
    assert after.dtype == mel.dtype
    for old, new in zip(mel, after, strict=True):
        hidden = (new != old).numpy()
        assert torch.allclose(new[hidden], old.mean())
        if old.numel() > 1 and not hidden.all():
            in_bands, in_frames = hidden.all(axis=1), hidden.all(axis=0)
            assert np.array_equal(hidden, in_bands[:, None] | in_frames[None, :])
            assert in_bands.sum() <= masks * bands
            assert in_frames.sum() <= masks * time


def test_one_mask_is_one_stretch_of_each_width_in_every_place():
    mel = batch(n=3000, mels=6, frames=5)
    hidden = spec_augment(mel, random(), time=0, bands=3, masks=1).ne(mel).all(dim=2).numpy()
    widths = hidden.sum(axis=1)
    assert all(len(runs(row)) <= 1 for row in hidden)
    assert np.bincount(widths, minlength=4) == pytest.approx(np.full(4, 750), rel=0.15)
    places = hidden[widths == 3].argmax(axis=1)
    assert np.bincount(places) == pytest.approx(np.full(4, (widths == 3).sum() / 4), rel=0.25)


def test_clips_of_a_batch_are_masked_each_in_its_own_way():
    mel = batch(n=20)
    hidden = spec_augment(mel, random(), time=10, bands=5, masks=1) != mel
    assert len({tuple(row.flatten().tolist()) for row in hidden}) > 10


def test_without_masks_nothing_changes():
    mel = batch()
    assert torch.equal(spec_augment(mel, random(), masks=0), mel)
    assert torch.equal(spec_augment(mel, random(), time=0, bands=0), mel)


@settings(deadline=None)
@given(size=SIZES, seed=st.integers(0, 999), data=st.data())
def test_a_crop_is_a_stretch_of_its_clip(size, seed, data):
    n, mels, frames = size
    counted = torch.arange(frames).expand(n, mels, frames).double() + torch.arange(n)[:, None, None] * 1000
    length = data.draw(st.integers(1, frames))
    stretch = crop(counted, length, random(seed))
    assert stretch.shape == (n, mels, length)
    begins = stretch[:, :, :1] - torch.arange(n)[:, None, None] * 1000
    assert ((begins >= 0) & (begins <= frames - length)).all()
    assert torch.equal(stretch, stretch[:, :, :1] + torch.arange(length))
    assert (begins == begins[:, :1]).all()


def test_crops_begin_everywhere_and_may_be_of_waveforms():
    waves = torch.arange(10.0).expand(4000, 10)
    begins = crop(waves, 7, random())[:, 0].long()
    assert torch.bincount(begins).tolist() == pytest.approx([1000] * 4, rel=0.15)


def test_a_crop_of_full_length_is_the_clip():
    mel = batch()
    assert torch.equal(crop(mel, 40, random()), mel)


@settings(deadline=None)
@given(size=SIZES, seed=st.integers(0, 999), data=st.data())
def test_a_shift_moves_a_clip_along_the_bands_and_repeats_the_edge(size, seed, data):
    mel = batch(*size)
    bins = data.draw(st.integers(0, size[1]))
    before = mel.clone()
    after = shift(mel, bins, random(seed))
    assert torch.equal(mel, before)
    assert after.shape == mel.shape
    for old, new in zip(mel, after, strict=True):
        candidates = [
            old[(torch.arange(size[1]) - by).clamp(0, size[1] - 1)] for by in range(-bins, bins + 1)
        ]
        assert any(torch.equal(new, candidate) for candidate in candidates)


def test_shifts_up_and_down_are_equally_frequent():
    mel = torch.arange(9.0)[None, :, None].expand(5000, 9, 1)
    middle = shift(mel, 2, random())[:, 4, 0].long()
    assert torch.bincount(middle, minlength=7)[2:7].tolist() == pytest.approx([1000] * 5, rel=0.15)


@pytest.mark.parametrize(
    "change",
    [
        lambda mel, generator: spec_augment(mel, generator),
        lambda mel, generator: crop(mel, 8, generator),
        lambda mel, generator: shift(mel, 5, generator),
    ],
    ids=["spec_augment", "crop", "shift"],
)
def test_the_generator_decides_all(change):
    mel = batch(n=8)
    torch.manual_seed(1)
    first = change(mel, random(3))
    torch.manual_seed(2)
    assert torch.equal(change(mel, random(3)), first)
    assert not torch.equal(change(mel, random(4)), first)
    going_on = random(3)
    change(mel, going_on)
    assert not torch.equal(change(mel, going_on), first)


@pytest.mark.parametrize("mel", [np.zeros((2, 4, 8)), torch.zeros((2, 4, 8), dtype=torch.int16), None])
def test_what_is_no_float_tensor_is_refused(mel):
    for change in (lambda: spec_augment(mel, random()), lambda: crop(mel, 1, random())):
        with pytest.raises(InvalidData, match="torch tensor of floats"):
            change()


def test_a_single_clip_is_refused_where_a_batch_is_meant():
    with pytest.raises(InvalidData, match=r"shape \(16, 40\); expected \(n, mels, frames\)"):
        spec_augment(batch()[0], random())
    with pytest.raises(InvalidData, match=r"shape \(16, 40\)"):
        shift(batch()[0], 1, random())
    with pytest.raises(InvalidData, match=r"shape \(40,\)"):
        crop(batch()[0, 0], 1, random())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("time", lambda mel: spec_augment(mel, random(), time=41)),
        ("bands", lambda mel: spec_augment(mel, random(), bands=17)),
        ("bands", lambda mel: spec_augment(mel, random(), bands=-1)),
        ("masks", lambda mel: spec_augment(mel, random(), masks=-1)),
        ("masks", lambda mel: spec_augment(mel, random(), masks=1.5)),
        ("length", lambda mel: crop(mel, 41, random())),
        ("length", lambda mel: crop(mel, 0, random())),
        ("bins", lambda mel: shift(mel, 17, random())),
        ("bins", lambda mel: shift(mel, True, random())),
        ("generator", lambda mel: shift(mel, 1, 0)),
        ("generator", lambda mel: spec_augment(mel, np.random.default_rng(0))),
    ],
)
def test_arguments_out_of_range_are_refused(name, change):
    with pytest.raises(InvalidArgument, match=f"{name} is"):
        change(batch())
