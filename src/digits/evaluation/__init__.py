"""From a trained network to figures and pictures of how well it reads."""
