"""A page of numbers → its digits, step by step; the steps are named in `digits.reading.reader`."""
