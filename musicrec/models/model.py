"""What every model has, whatever it learns from: settings under their own names, and whether it is fitted."""

import inspect
from typing import Any

from musicrec.errors import InvalidArgument


class Model:
    """A model whose settings are keyword arguments of the constructor, kept under their own names."""

    _fitted: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """The settings of the model, by the names of the constructor's parameters."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{type(self).__name__}({settings})"

    def _check_fitted(self) -> None:
        if not self._fitted:
            raise InvalidArgument(f"This {type(self).__name__} has not been fitted: call .fit(train) first.")
