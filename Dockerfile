# One image for the web server, the worker, beat and the migrations (compose.yaml says which is which).
# Pinned by digest (an index of all platforms); docs/operations.md says how to take a newer one.
FROM python:3.11.16-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    STATIC_ROOT=/srv/static \
    DATA_DIR=/srv/data \
    HOST=0.0.0.0 \
    PORT=8000 \
    PRODUCTION=1

RUN useradd --system --create-home --uid 10001 campaigns \
    && mkdir -p /srv/static /srv/data \
    && chown campaigns /srv/data

WORKDIR /srv/campaigns

COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --require-hashes --requirement requirements/runtime.txt

COPY . .
# Collecting files only needs the settings to load: no key of production is here, and production would not take this one.
RUN PRODUCTION=0 SECRET_KEY=collecting-static-files DATABASE_URL=postgresql://nobody@nowhere/nothing \
    python manage.py collectstatic --no-input --verbosity 0

USER campaigns
EXPOSE 8000
VOLUME /srv/data
CMD ["python", "manage.py", "web"]
