# The service as an image: docker build -t tmdb-cdc . NODE_IMAGE may name another Node >= 22.22.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-fund --no-audit

FROM ${NODE_IMAGE}
WORKDIR /app
# On loopback nobody outside the container would get an answer, a probe neither.
ENV NODE_ENV=production HTTP_HOST=0.0.0.0
EXPOSE 8090
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE README.md ./
COPY schemas schemas
COPY page page
# The numeric id: Kubernetes can prove that it is not root, and any image has it.
USER 1000
ENTRYPOINT ["node", "/app/dist/bin/main.js"]
CMD ["run"]
