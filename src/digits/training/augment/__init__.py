"""How training pictures are changed: tiles, crops, paper."""
