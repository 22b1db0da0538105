# The image of both daemons: `docker build .`, or `make image` where there is no Docker and no registry.
# Any Debian-like base with a Python of 3.11 or later will do; BUILDER also has its venv module.
ARG BASE=docker.io/library/python:3.13-slim-bookworm
ARG BUILDER=${BASE}

FROM ${BUILDER} AS build
# For networks with a PyPI of their own.
ARG PIP_INDEX_URL=""
ARG PIP_CERT=""
ARG SOURCE_DATE_EPOCH=0
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv /build \
 && python3 -m venv --without-pip /app \
 && /build/bin/pip install --quiet --no-cache-dir --require-hashes --only-binary :all: -r requirements/build.txt \
 && /build/bin/pip --python /app/bin/python3 install --quiet --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY baremetal_lb baremetal_lb
COPY mockcloud mockcloud
# The same wheel as `make dist` makes: a tool with the same version, the same files, the same time.
RUN /build/bin/python -m hatchling build --target wheel --directory /wheel \
 && /build/bin/pip --python /app/bin/python3 install --quiet --no-cache-dir --no-compile --no-index --no-deps /wheel/*.whl
COPY image/build-stage image/prune image/baremetal-lb-speaker image/
RUN image/build-stage

FROM ${BASE}
ARG VERSION=unreleased
ARG REVISION=unknown
COPY --from=build /image /
LABEL org.opencontainers.image.title="baremetal-lb" \
      org.opencontainers.image.description="External IPs for Kubernetes Services of type LoadBalancer, on clusters without a cloud" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MPL-2.0 AND PSF-2.0"
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
ENTRYPOINT ["baremetal-lb"]
