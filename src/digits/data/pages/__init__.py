"""Pages of numbers in one hand, made up, with exact truth: here the pen that writes on them."""
