"""What networks learn from: tiles, crops and line crops."""
