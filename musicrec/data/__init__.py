"""What was listened to: interactions, sessions, features, datasets and the five ways of cutting them.

Start with `load`: it returns a `Dataset` whose parts the rest of the library works on. The names load
when first used. Explained in chapter 01_listening_data.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
