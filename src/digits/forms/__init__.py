"""Forms: learn the fields of an empty one once, then read all that were filled in.

from digits.forms import learn
form = learn("blank.png")
form.read(["scan1.jpg", "scan2.jpg"])[0].numbers
"""

from digits.forms.fields import learn
from digits.forms.filled import FilledField, FilledForm
from digits.forms.template import Field, Form, open_form

__all__ = ["Field", "FilledField", "FilledForm", "Form", "learn", "open_form"]
