"""What has been shown: the numbers of a run and where they come from, those kept, those of the literature.

Explained in chapter 01_listening_data.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
