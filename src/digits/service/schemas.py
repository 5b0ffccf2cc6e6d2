"""What requests and answers look like, for the interface's description (OpenAPI)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field

from digits.model.spec import CLASSES, TILE
from digits.service.problems import MEDIA_TYPE

Probability = Annotated[float, Field(ge=0, le=1)]
Probabilities = Annotated[list[Probability], Len(CLASSES, CLASSES)]
Box = Annotated[list[int], Len(4, 4), Field(description="x, y, width, height in pixels")]
Ink = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
Row = Annotated[list[Ink], Len(TILE, TILE)]
Tile = Annotated[
    list[Row],
    Len(TILE, TILE),
    Field(description="28 rows of 28; ink bright, 0 to 255, or 0 to 1 where none is above 1"),
]


class Strict(BaseModel):
    """A request: what it does not describe is refused."""

    model_config = ConfigDict(extra="forbid")


class ProblemAnswer(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class RunnerUp(BaseModel):
    text: str
    confidence: Probability


class DigitAnswer(BaseModel):
    digit: Annotated[int, Field(ge=0, le=9)]
    confidence: Probability
    probabilities: Probabilities
    is_digit: Probability
    box: Box
    tile: Tile | None = Field(default=None, description="with tiles=true")


class NumberAnswer(BaseModel):
    text: str
    value: str | None
    confidence: Probability
    box: Box
    runner_up: RunnerUp
    digits: list[DigitAnswer]


class SignAnswer(BaseModel):
    text: str
    confidence: Probability
    box: Box


class RejectedAnswer(BaseModel):
    box: Box
    reason: str


class ReadingAnswer(BaseModel):
    """A picture that was read."""

    picture: str
    page: int
    width: int
    height: int
    orientation: int
    text: str
    transcript: str
    numbers: list[NumberAnswer]
    signs: list[SignAnswer]
    rejected: list[RejectedAnswer]
    model: str
    fingerprint: str
    # `schema` would hide a method of pydantic's
    schema_: Annotated[int, Field(alias="schema")]
    milliseconds: float


class FailedAnswer(BaseModel):
    """A picture that could not be read."""

    picture: str
    error: str
    schema_: Annotated[int, Field(alias="schema")]
    milliseconds: float


class Readings(BaseModel):
    readings: list[ReadingAnswer | FailedAnswer]


class Tiles(Strict):
    tiles: list[Tile]


class Classes(BaseModel):
    probabilities: list[Probabilities]
    is_digit: list[Probability]


class Health(BaseModel):
    status: str


class Network(BaseModel):
    name: str
    sha256: str


class Models(BaseModel):
    model: str
    fingerprint: str
    version: str
    networks: dict[str, Network]
    shipped: list[str]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of these errors."""
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "model": ProblemAnswer,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


BLANK = [[0] * TILE for _ in range(TILE)]
STROKE = [[255 if 12 < x < 16 and 4 < y < 24 else 0 for x in range(TILE)] for y in range(TILE)]
EXAMPLE = {"tiles": [STROKE]}

_PICTURE = {"type": "string", "format": "binary"}
PICTURES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["picture"],
                    "properties": {
                        "picture": {"type": "array", "minItems": 1, "items": _PICTURE},
                    },
                    "additionalProperties": False,
                }
            },
            "image/png": {"schema": _PICTURE},
            "application/octet-stream": {"schema": _PICTURE},
        },
    }
}

TILES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Tiles.model_json_schema(), "example": EXAMPLE},
            "application/x-npy": {"schema": _PICTURE},
        },
    }
}
