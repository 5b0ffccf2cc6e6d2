"""A picture known to hold exactly one digit → that digit."""
