# imgproxy-py in one image: Debian's Python, ready-made wheels, jemalloc.
# No compiler is in it, and nothing is downloaded once it runs. How to use it: docs/deploy.md
# tests/test_dockerfile.py carries out every line of this file, without Docker, and then serves.
FROM debian:bookworm-slim

LABEL org.opencontainers.image.title="imgproxy-py" \
      org.opencontainers.image.description="Self-hosted image optimization by URL" \
      org.opencontainers.image.licenses="MIT"

# fontconfig-config and fonts-dejavu-core: the text of SVG pictures.
# libjemalloc2: gives the memory of finished pictures back to the system.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates \
        fontconfig-config \
        fonts-dejavu-core \
        libjemalloc2 \
        python3 \
        python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Numbers, so that an orchestrator can see that it is not root; /data belongs to it.
RUN groupadd --gid 10001 imgproxy \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data \
        --shell /usr/sbin/nologin imgproxy \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data

# `--build-arg EXTRAS=` leaves the video formats and their GPL parts out: docs/licences.md
ARG EXTRAS=[video]
WORKDIR /src
COPY . /src
# pyvips has no wheel; without a compiler it installs as plain Python above pyvips-binary.
RUN python3 -m venv /opt/imgproxy-py \
    && /opt/imgproxy-py/bin/pip install --no-cache-dir \
        --only-binary :all: --no-binary pyvips "/src${EXTRAS}" \
    && rm -rf /src/build /src/*.egg-info

# The metric is compiled by numba, for the processor it finds: where that is like the builder's, the
# first start is as quick as any other; where it is not, the first start takes some seconds longer.
# From the root folder, so that the installed package is compiled and not its source.
ENV NUMBA_CACHE_DIR=/data/cache/numba
RUN cd / \
    && OPENBLAS_NUM_THREADS=1 /opt/imgproxy-py/bin/python -c \
        "from imgproxy_py.workers import template; template.prepare()" \
    && chown --recursive 10001:10001 /data/cache

# LD_PRELOAD stands after the last package was installed: before it there is no such library.
# MALLOC_ARENA_MAX counts only where jemalloc was taken out again.
ENV PATH=/opt/imgproxy-py/bin:$PATH \
    LD_PRELOAD=libjemalloc.so.2 \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1 \
    IMGPROXY_PY_HOST=0.0.0.0 \
    IMGPROXY_PY_PORT=8000 \
    IMGPROXY_PY_DATA_DIR=/data

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM

# urllib without a proxy: an http_proxy of the container is for others than ourselves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['IMGPROXY_PY_PORT'] + '/livez', timeout=4)"]

CMD ["imgproxy-py", "serve"]
