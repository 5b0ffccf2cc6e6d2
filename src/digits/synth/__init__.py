"""Made-up pages with exact truth: hands, paper, marks, camera."""
