# The service and the packages it needs, without the embedded PostgreSQL. The base is pinned by its
# tag: put the digest of the one that you tested after it where a build must be repeatable to the byte.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY deploy/build.lock deploy/requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r build.lock \
    && python -m venv --without-pip /opt/todo-api \
    && pip --python /opt/todo-api/bin/python install --no-cache-dir --require-hashes \
       --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY openapi openapi
COPY src src
RUN hatchling build --target wheel \
    && pip --python /opt/todo-api/bin/python install --no-cache-dir --no-index --no-deps dist/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/todo-api /opt/todo-api
# psycopg2's wheel does not know the system's own certificates.
ENV PATH=/opt/todo-api/bin:$PATH \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    HOST=0.0.0.0 \
    PORT=8000 \
    WORKERS=1
# A number, so that Kubernetes can tell that it is not root's.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, sys; from http.client import HTTPConnection as C; c = C('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
# Without a shell in between, which would keep the signals to itself.
ENTRYPOINT ["todo-api"]
CMD ["serve"]
