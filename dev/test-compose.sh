#!/usr/bin/env bash
# Brings Dockerfile and docker-compose.yml up for real, with the simulation as TMDB, and reads what came into Kafka.
set -euo pipefail
cd "$(dirname "$0")/.."
docker version >/dev/null 2>&1 || { echo 'test-compose: no Docker Engine answers' >&2; exit 1; }
if docker compose version >/dev/null 2>&1; then compose() { docker compose "$@"; }
elif command -v docker-compose >/dev/null; then export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0; compose() { docker-compose "$@"; }
else echo 'test-compose: neither docker compose nor docker-compose is here' >&2; exit 1; fi

free_port() { node -e 'const s = require("net").createServer().listen(0, () => { console.log(s.address().port); s.close(); })'; }
export COMPOSE_PROJECT_NAME="tmdb-cdc-test-$$" KAFKA_PORT="$(free_port)" REGISTRY_PORT="$(free_port)" SERVICE_PORT="$(free_port)"
export TMDB_TOKEN=any-token-will-do TMDB_URL=http://tmdb:8155/3 WATCH=558449 POLL_INTERVAL_SECONDS=2
START_DATE="$(date -u -d yesterday +%F)"; export START_DATE
down() { status=$?; [ $status = 0 ] || compose --profile simulation logs --tail 10 >&2 || true; compose --profile simulation down -v --remove-orphans >/dev/null 2>&1 || true; exit $status; }
trap down EXIT

say() { printf '%4ss  %s\n' "$SECONDS" "$*" >&2; }
tail_all() { KAFKA_BROKERS="localhost:$KAFKA_PORT" SCHEMA_REGISTRY_URL="http://localhost:$REGISTRY_PORT/apis/ccompat/v7" node dist/bin/main.js tail all --from beginning --until now "$@"; }

for round in 1 2; do
  say "up, $round"
  if [ "$round" = 1 ]; then compose build --quiet provision >/dev/null; fi
  compose --profile simulation up -d >/dev/null 2>&1
  for _ in $(seq 60); do
    count="$(tail_all 2>/dev/null | wc -l || true)"
    [ "$count" -ge 14 ] && break
    sleep 1
  done
  [ "$count" -ge 14 ] || { say "only $count events came"; exit 1; }
  say "$count events"
done
twice="$(tail_all --format json | grep -oE '"timestamp":[0-9]+,"key":"[^"]*"' | grep -o '"key".*' | sort | uniq -d | wc -l)"
say "the same key twice: $twice"
service="$(compose ps -q service)"
for _ in $(seq 60); do
  health="$(docker inspect -f '{{.State.Health.Status}}' "$service")"
  [ "$health" = healthy ] && break
  sleep 1
done
state="$(node -e 'fetch(process.argv[1]).then(async (answer) => console.log((await answer.json()).state))' "http://127.0.0.1:$SERVICE_PORT/status")"
say "the service is $health, and says of itself: $state"
say 'stop'
before=$SECONDS; docker stop -t 10 "$service" >/dev/null
code="$(docker inspect -f '{{.State.ExitCode}}' "$service")"
say "the service ended with $code after $((SECONDS - before)) s"
[ "$code" = 0 ] && [ "$twice" = 0 ] && [ "$health" = healthy ] && [ "$state" = live ]
