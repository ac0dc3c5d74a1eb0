"""Who may like what: models that learn from interactions and rank items for a listener.

All of them keep one contract, `Recommender`: fit, score, score_history, recommend. `by_name` finds one by its
name. The names load when first used. Explained in chapter 02_collaborative_filtering.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
