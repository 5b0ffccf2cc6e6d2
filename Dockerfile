# digits serve, as a user without rights; works with --read-only
FROM python:3.13-slim AS build
WORKDIR /project
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /opt/digits && /opt/digits/bin/pip install --no-cache-dir ".[serve]"

FROM python:3.13-slim
COPY --from=build /opt/digits /opt/digits
RUN useradd --create-home --uid 10001 digits
USER 10001
ENV PATH=/opt/digits/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"
# others can reach it, so it demands a token: -e DIGITS_TOKEN=..., or append --no-auth
ENTRYPOINT ["digits", "serve", "--host", "0.0.0.0"]
