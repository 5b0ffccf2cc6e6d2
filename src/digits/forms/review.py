"""A page that shows every doubtful field beside its reading: one HTML file, nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from typing import Any

import cv2
from numpy.typing import NDArray

from digits.files import printable
from digits.forms.filled import FilledField, FilledForm
from digits.forms.tables import doubt

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 system-ui, sans-serif; color: #1b1f24; background: #fff;
       margin: 0 auto; padding: 1rem; max-width: 62rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem;
     grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
li { border: 1px solid #c9ced6; border-radius: 6px; padding: .6rem; break-inside: avoid; }
img { display: block; max-width: 100%; height: auto; max-height: 7rem; border: 1px solid #e3e6ea; }
.read { font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.name, .why { color: #545c66; font-size: .875rem; }
.error { border-left: 4px solid #b3261e; padding-left: .75rem; }
@media print { body { font-size: 11pt; max-width: none; padding: 0; } h2 { break-after: avoid; }
               ul { grid-template-columns: repeat(3, 1fr); } }
"""


def review_page(filled: Iterable[FilledForm]) -> str:
    """HTML: for each form its doubtful fields, each with a crop, the reading and the doubt; and
    the pictures that were not read, with the reason."""
    filled = list(filled)
    read = [each for each in filled if each.error is None]
    fields = sum(len(each.fields) for each in read)
    doubtful = sum(len(each.doubtful) for each in read)
    about = (
        f"{_count(len(read), 'form')} read, {_count(len(filled) - len(read), 'picture')} not read. "
        f"{doubtful} of {_count(fields, 'field')} to look at."
    )
    parts = "\n".join(_form(each) for each in filled if each.error or each.doubtful)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Fields to look at</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Fields to look at</h1>\n<p>{about}</p>\n{parts}\n</body>\n</html>\n"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _form(filled: FilledForm) -> str:
    name = f"<h2>{_text(filled.name)}</h2>"
    if filled.error is not None:
        return f'{name}\n<p class="error">{_text(filled.error)}</p>'
    fields = "\n".join(_field(each) for each in filled.doubtful)
    return f"{name}\n<ul>\n{fields}\n</ul>"


def _field(filled: FilledField) -> str:
    number = filled.number
    assert number is not None
    name = _text(filled.field.name)
    return (
        f'<li><p class="name">{name}</p><img src="{_uri(filled.crop)}" alt="{name} as written">'
        f'<p class="read">{_text(number.text)}</p><p class="why">{_text(doubt(filled))}</p></li>'
    )


def _uri(crop: NDArray[Any]) -> str:
    encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"


def _text(text: str) -> str:
    return escape(printable(text))
