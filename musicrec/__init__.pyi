from . import audio as audio
from . import data as data
from . import display as display
from . import errors as errors
from . import listeners as listeners
from . import metrics as metrics
from . import study as study
