from .build import fingerprint as fingerprint
from .build import load as load
