"""Who may like what, and what comes next: models that rank items.

Those that learn from interactions rank for a listener and keep one contract, `Recommender`: fit, score,
score_history, recommend. Those that learn from sessions rank what follows a prefix and keep another,
`SequenceModel`: fit, score_next, recommend_next. `by_name` and `sequence_by_name` find one by its name. The
names load when first used. Explained in chapters 02_collaborative_filtering and 05_rnn_lstm.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
