# syntax=docker/dockerfile:1

# One image for every process of Reveille; the command says which: `worker`, `serve`, or any other of the CLI.

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
# No dependency needs its install script: the lockfile brings the built binaries along.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM dependencies AS application
COPY scripts/build-workflow-bundle.ts scripts/
COPY domain domain
COPY agents agents
COPY services services
COPY activities activities
COPY workflows workflows
COPY workers workers
COPY client client
COPY docker/health.ts docker/
# A worker in production takes this bundle, and only when it was built from the very sources and lockfile beside it.
RUN npm run build:workflows && rm -r scripts

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Reveille" \
      org.opencontainers.image.description="Durable workflow orchestration on Temporal" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    REVEILLE_DATA_DIR=/data \
    REVEILLE_PORT=3000
WORKDIR /app
# Everything under /app belongs to root and stays as it is; only the data folder is the service's own.
COPY --from=application /app ./
COPY LICENSE ./
RUN ln -s /app/client/cli/main.ts /usr/local/bin/reveille && install -d -o node -g node /data
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "docker/health.ts"]
ENTRYPOINT ["reveille"]
CMD ["worker"]
