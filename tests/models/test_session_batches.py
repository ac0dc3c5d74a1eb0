"""Padded batches: nothing lost, nothing twice, and the same loss as session-parallel steps."""

import itertools

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from musicrec.data import Sessions
from musicrec.models.session_batches import by_length, last_plays, step_batches, training_pieces

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=12)


def sessions_of(lengths):
    """Sessions of which no item comes twice, so that each step can be told from the others."""
    return Sessions(np.arange(sum(lengths)), np.cumsum([0, *lengths[:-1]]))


@given(LENGTHS, st.integers(1, 6), st.integers(1, 20), st.integers(0, 5))
def test_each_step_of_each_session_comes_once_an_epoch(lengths, max_length, plays, seed):
    sessions = sessions_of(lengths)
    expected = {(int(a), int(b)) for s in sessions for a, b in itertools.pairwise(s)}
    found = []
    generator = torch.Generator().manual_seed(seed)
    for session, items, targets in step_batches(training_pieces(sessions, max_length), plays, generator):
        assert items.shape == targets.shape
        assert items.shape[1] <= max_length
        there = targets >= 0
        found += list(zip(items[there].tolist(), targets[there].tolist(), strict=True))
        for row, own in enumerate(session):
            assert set(items[row][there[row]].tolist()) <= set(sessions.session(own).tolist())
    assert len(found) == len(expected)
    assert set(found) == expected


@given(LENGTHS, st.integers(1, 6))
def test_of_a_prefix_the_last_plays_are_read(lengths, max_length):
    prefixes = sessions_of(lengths)
    pieces = last_plays(prefixes, max_length)
    rows = pieces.padded(np.arange(len(prefixes)))
    for row, prefix in zip(rows, prefixes, strict=True):
        assert row[row >= 0].tolist() == prefix[-max_length:].tolist()


def test_batches_are_alike_in_plays_and_hardly_padded():
    lengths = np.random.default_rng(0).geometric(0.1, 5_000)
    batches = list(by_length(lengths, 1_000, np.arange(5_000)))
    sizes = np.array([lengths[rows].sum() for rows in batches])
    assert sorted(np.concatenate(batches)) == list(range(5_000))
    assert sizes[:-1].min() > 1_000 - lengths.max()
    assert sizes.max() < 1_000 + lengths.max()
    padded = sum(len(rows) * lengths[rows].max() for rows in batches)
    assert padded < 1.1 * lengths.sum()


def test_the_order_of_batches_is_drawn_anew_each_epoch_and_again_by_the_same_seed():
    pieces = training_pieces(sessions_of([5] * 40), 10)

    def epoch(seed):
        generator = torch.Generator().manual_seed(seed)
        return [session.tolist() for session, *_ in step_batches(pieces, 25, generator)]

    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)


def test_session_parallel_steps_give_the_same_loss_and_gradients():
    """Lanes side by side, a step of all at a time, the state set to 0 where a session ends (Hidasi, 2016)."""
    lengths, n_items, lanes = [4, 2, 7, 3, 5, 2, 6], 9, 3
    generator = torch.Generator().manual_seed(0)
    plays = torch.randint(0, n_items, (sum(lengths),), generator=generator).numpy()
    sessions = Sessions(plays, np.cumsum([0, *lengths[:-1]]))
    torch.manual_seed(0)
    network = nn.ModuleList([nn.Embedding(n_items, 6), nn.GRU(6, 6, batch_first=True), nn.Linear(6, n_items)])
    table, cell, out = network
    surprise = nn.CrossEntropyLoss(reduction="sum")

    def gradients(loss):
        network.zero_grad()
        loss.backward()
        return [weight.grad.clone() for weight in network.parameters()]

    padded = torch.zeros(())
    for _, items, targets in step_batches(training_pieces(sessions, 10), 8, generator):
        padded = padded + surprise(out(cell(table(items))[0])[targets >= 0], targets[targets >= 0])

    parallel, waiting = torch.zeros(()), list(sessions)
    lane = [waiting.pop(0) for _ in range(lanes)]
    state = torch.zeros(1, lanes, 6)
    while lane:
        items = torch.tensor([[plays[0]] for plays in lane])
        targets = torch.tensor([plays[1] for plays in lane])
        outputs, state = cell(table(items), state)
        parallel = parallel + surprise(out(outputs[:, 0]), targets)
        lane = [plays[1:] for plays in lane]
        for row in [row for row, plays in enumerate(lane) if len(plays) == 1]:
            state = state.index_fill(
                1, torch.tensor([row]), 0
            )  # the next session starts with an empty memory
            lane[row] = waiting.pop(0) if waiting else lane[row][:0]
        left = [row for row, plays in enumerate(lane) if len(plays)]
        lane, state = [lane[row] for row in left], state[:, left]

    torch.testing.assert_close(parallel, padded)
    torch.testing.assert_close(gradients(parallel), gradients(padded))
