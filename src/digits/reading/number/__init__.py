"""One number per picture: form fields, amounts, meters."""
