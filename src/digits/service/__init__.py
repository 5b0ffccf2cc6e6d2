"""The service behind `digits serve`: FastAPI over a Reader, and the page to draw on."""
