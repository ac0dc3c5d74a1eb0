"""Measures on plain arrays: no model, no dataset.

`ranking_metrics` says how good ranked lists are, `lorenz` and `gini` how unevenly something is spread. The
names load when first used. Explained in chapters 01_listening_data and 02_collaborative_filtering.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
