"""musicrec: the library behind the executable textbook on deep learning for music recommendation.

The rooms, each of which uses only those named before it: `errors`, `metrics`, `cache`, `listeners`, `audio`,
`training`, `data`, `models`, `evaluation`, `study`, `display`. They load when first used.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
