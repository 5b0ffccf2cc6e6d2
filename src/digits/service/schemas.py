"""What requests and answers look like, for the interface's description (OpenAPI)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from annotated_types import Len
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from digits.model.spec import CLASSES, TILE
from digits.service.problems import MEDIA_TYPE


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 7.0 is as whole as 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Probability = Annotated[float, Field(ge=0, le=1)]
Probabilities = Annotated[list[Probability], Len(CLASSES, CLASSES)]
DigitOrNone = Annotated[int, Field(ge=0, le=9), BeforeValidator(_whole)] | None
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

    model_config = ConfigDict(extra="forbid", strict=True)


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
    alternatives: list[RunnerUp]
    digits: list[DigitAnswer]
    is_expected: bool | None


class SignAnswer(BaseModel):
    text: str
    confidence: Probability
    box: Box


class TableAnswer(BaseModel):
    ruled: bool
    box: Box
    rows: list[list[NumberAnswer | None]]


class RejectedAnswer(BaseModel):
    box: Box
    reason: str


class ReadingAnswer(BaseModel):
    """A page of a picture or document that was read."""

    picture: str
    page: int
    width: int
    height: int
    orientation: int
    text: str
    transcript: str
    numbers: list[NumberAnswer]
    signs: list[SignAnswer]
    tables: list[TableAnswer]
    rejected: list[RejectedAnswer]
    model: str
    fingerprint: str
    # `schema` would hide a method of pydantic's
    schema_: Annotated[int, Field(alias="schema")]
    milliseconds: float


class FailedAnswer(BaseModel):
    """A picture, or a page of a document, that could not be read."""

    picture: str
    page: int | None = None  # where there are several
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


class LayersRequest(Strict):
    tile: Tile
    layer: str | None = Field(default=None, description="the layer whose kernel is asked for")
    map: Annotated[int, Field(ge=0), BeforeValidator(_whole)] | None = Field(
        default=None, description="and of which of its maps"
    )


class KernelAnswer(BaseModel):
    weights: list[list[list[float]]] = Field(description="by map of the source, row and column")
    bias: float
    source: str
    first: int = Field(description="the source's map that the weights begin with")
    strides: list[int]
    padding: list[int]


class LayerAnswer(BaseModel):
    name: str
    maps: list[list[list[float]]]
    kernel: KernelAnswer | None = None


class LayersAnswer(BaseModel):
    layers: list[LayerAnswer]
    probabilities: Probabilities
    is_digit: Probability
    heatmap: list[list[float]] = Field(description="above 0 where ink spoke for the answer")


class CorrectionRequest(Strict):
    tile: Tile
    answer: DigitOrNone = Field(description="what it is; null for no digit")
    read: DigitOrNone = Field(default=None, description="what was read")
    confidence: Probability | None = Field(default=None, description="with which it was read")
    confirmed: bool | None = Field(default=None, description="whether answer and read are the same")
    force: bool = Field(default=False, description="keep it though it contradicts its neighbours")


class CorrectionAnswer(BaseModel):
    id: str
    time: str
    read: DigitOrNone
    confidence: Probability | None
    answer: DigitOrNone
    confirmed: bool
    tile: Tile


class CorrectionsAnswer(BaseModel):
    enabled: bool
    folder: str | None
    corrections: list[CorrectionAnswer]


class ReferenceAnswer(BaseModel):
    data: str
    n: int
    errors_before: int
    errors_after: int


class ProfileAnswer(BaseModel):
    """n to level: of the last test on the user's own digits. interval: of the change of the error
    rate. reference: what changes for other people's digits."""

    enabled: bool
    in_use: bool = False
    confirmed: int = 0
    corrected: int = 0
    needed: int = 0
    message: str = ""
    n: int | None = None
    before: int | None = None
    after: int | None = None
    fixed: int | None = None
    broken: int | None = None
    interval: list[float] | None = None
    level: float | None = None
    reference: ReferenceAnswer | None = None


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


STROKE = [[255 if 12 < x < 16 and 4 < y < 24 else 0 for x in range(TILE)] for y in range(TILE)]

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


def _json(kind: type[BaseModel], example: Any, **more: Any) -> dict[str, Any]:
    """The description of a body that is parsed by hand, because its size is limited."""
    schema = kind.model_json_schema()
    content = {"application/json": {"schema": schema, "example": example}, **more}
    return {"requestBody": {"required": True, "content": content}}


TILES = _json(Tiles, {"tiles": [STROKE]}, **{"application/x-npy": {"schema": _PICTURE}})
LAYERS = _json(LayersRequest, {"tile": STROKE})
CORRECTION = _json(CorrectionRequest, {"tile": STROKE, "read": 1, "answer": 1, "confirmed": True})
