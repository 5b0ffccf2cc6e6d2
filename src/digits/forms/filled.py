"""What was read of a form that was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digits.forms.template import Field, Form
from digits.io.content import path_or_kind
from digits.io.number import Number

if TYPE_CHECKING:
    from digits.io.picture import Picture

SURE = 0.9  # confidence below which a number is doubtful


@dataclass(frozen=True, slots=True, eq=False)
class FilledField:
    """A field and the number in it; of an empty field the number is None.

    crop: (h, w) uint8, the field with some paper around as it is on the picture, brought to
    the place and size of the blank form. Boxes of the number are in pixels of it.
    """

    field: Field
    number: Number | None
    crop: NDArray[np.uint8] = attribute(repr=False)

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look: an unsure number, or one that is not as expected."""
        number = self.number
        return number is not None and (number.confidence < SURE or number.is_expected is False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the crop."""
        number = None if self.number is None else self.number.to_dict()
        return {"field": self.field.name, "number": number}


@dataclass(frozen=True, slots=True, eq=False)
class FilledForm:
    """One picture of a form: either `fields` or an `error` says what became of it.

    source: what was given. fields: in the order of the form; none if there is an error. error: why
    it was not read, one line. match: the share of the form's print found on the picture, in [0, 1].
    """

    source: Picture = attribute(repr=False)
    fields: tuple[FilledField, ...]
    error: str | None
    match: float

    @property
    def name(self) -> str:
        """The path as it was given, or the kind of another source."""
        return path_or_kind(self.source)

    @property
    def numbers(self) -> dict[str, Number | None]:
        """The number of each field by its name; None for an empty one."""
        return {each.field.name: each.number for each in self.fields}

    @property
    def doubtful(self) -> tuple[FilledField, ...]:
        """The fields that a person should look at."""
        return tuple(each for each in self.fields if each.is_doubtful)

    def for_review(self) -> FilledForm:
        """The same with as little as a review needs of the fields that are not doubtful."""
        nothing = np.zeros((0, 0), np.uint8)
        fields = (
            each if each.is_doubtful else FilledField(each.field, None, nothing)
            for each in self.fields
        )
        return replace(self, fields=tuple(fields))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        if self.error is not None:
            return {"picture": self.name, "error": self.error}
        return {
            "picture": self.name,
            "match": round(self.match, 4),
            "fields": [each.to_dict() for each in self.fields],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], form: Form) -> FilledForm:
        """What `to_dict` was called on, of this form: without crops, the picture by its name.

        Raises ValueError for what is none of this form.
        """
        try:
            if "error" in content:
                return cls(content["picture"], (), content["error"], 0.0)
            known = {field.name: field for field in form.fields}
            nothing = np.zeros((0, 0), np.uint8)
            fields = tuple(
                FilledField(
                    known[each["field"]],
                    None if each["number"] is None else Number.from_dict(each["number"]),
                    nothing,
                )
                for each in content["fields"]
            )
            return cls(content["picture"], fields, None, content["match"])
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"not a filled form ({type(error).__name__}: {error})") from error
