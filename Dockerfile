# One image for the web server, the worker, beat and the migrations (compose.yaml says which is which).
FROM python:3.11-slim

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
# The keys sign and seal nothing here: collecting files only needs the settings to load.
RUN SECRET_KEY=collecting-static-files DATABASE_URL=postgresql://nobody@nowhere/nothing \
    ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --no-input --verbosity 0

USER campaigns
EXPOSE 8000
VOLUME /srv/data
CMD ["python", "manage.py", "web"]
