from . import plots as plots
from .figures import figure as figure
from .shown import Shown as Shown
from .source_code import source as source
from .style import palette as palette
from .style import use_style as use_style
from .tables import table as table
from .verdicts import verdict as verdict
