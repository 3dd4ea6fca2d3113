"""Which value stands where: a measure with its params is a column, and recorded values are arrays of columns. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.health.model import Model, Watched

Params = tuple[tuple[str, Any], ...]


class Column(NamedTuple):
    """A measure with all its params, sorted by name."""

    measure: str
    params: Params

    @classmethod
    def of(cls, measure: str, params: Mapping[str, Any]) -> "Column":
        """The column of a measure with these params; lists count as tuples."""
        plain = {name: tuple(value) if isinstance(value, list | tuple) else value for name, value in params.items()}
        return cls(measure, tuple(sorted(plain.items())))

    @classmethod
    def read_by(cls, watched: Watched) -> "Column":
        """The column that a part of a model reads."""
        return cls.of(watched.measure, watched.settings)

    @property
    def words(self) -> str:
        """The column as people read it: `regular_meetings (days 45)`."""
        told = ", ".join(f"{name} {_plain(value)}" for name, value in self.params)
        return f"{self.measure} ({told})" if told else self.measure


def _plain(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def columns_of(model: Model) -> list[Column]:
    """What a model reads, in the order of its values."""
    return [Column.read_by(watched) for watched in model.read]


def places_of(model: Model, recorded: Sequence[Column]) -> list[int | None]:
    """Where each value of the model stands among the recorded columns; None where it is not recorded."""
    places = {column: place for place, column in enumerate(recorded)}
    return [places.get(column) for column in columns_of(model)]


def not_recorded(model: Model, recorded: Iterable[Column]) -> list[Column]:
    """What the model reads that nobody records."""
    known = set(recorded)
    return [column for column in columns_of(model) if column not in known]
