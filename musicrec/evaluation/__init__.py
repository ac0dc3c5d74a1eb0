"""How good recommendations are, and when a difference means something.

`evaluate` asks a model for lists and measures them, `compare` says whether one model is better than another,
`beyond_accuracy` what the lists are like apart from being right. The names load when first used. Explained in
chapter 02_collaborative_filtering.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
