#!/usr/bin/env bash
# What npm would publish, installed in an empty folder and used under plain Node against the broker in the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
unset NODE_OPTIONS
root="$PWD" dir="$(mktemp -d)"
trap 'kill "${simulator:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
npm pack --silent --pack-destination "$dir" >/dev/null
cd "$dir"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-fund --no-audit ./tmdb-cdc-*.tgz
cli="$dir/node_modules/.bin/tmdb-cdc"
[ "$(head -c 20 "$root/dist/bin/main.js" | head -1)" = '#!/usr/bin/env node' ]
"$cli" --version
export TOPIC_PREFIX="package-$$." TMDB_TOKEN=any-token-will-do WATCH=558449
"$cli" simulate --port 0 >url 2>simulator.log & simulator=$!
for _ in $(seq 100); do [ -s url ] && break; sleep 0.1; done
TMDB_URL="$(head -1 url)" START_DATE="$(date -u -d yesterday +%F)"; export TMDB_URL START_DATE
"$cli" provision >/dev/null
"$cli" run --once 2>run.log || { cat run.log >&2; exit 1; }
count="$("$cli" tail all --from beginning --until now | wc -l)"
echo "package: $count events"
[ "$count" -ge 14 ]
! grep -q Warning run.log

# A consumer as a user writes it: compiled against what is installed, then run from it.
cat >consumer.ts <<'PROGRAM'
import { changes, toItem } from 'tmdb-cdc';

const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX } = process.env;
const events = changes({
  brokers: KAFKA_BROKERS ?? '',
  registry: SCHEMA_REGISTRY_URL ?? '',
  prefix: TOPIC_PREFIX ?? '',
  until: 'now',
});
let count = 0;
for await (const event of events) {
  const file: string | null = event.change_key === 'images' ? (event.after?.file_path ?? null) : null;
  if (toItem(event) !== null && file !== '') count += 1;
}
console.log(count);
PROGRAM
for module in nodenext node16 preserve; do
  "$root/node_modules/.bin/tsc" --noEmit --strict --target es2023 --module "$module" \
    --typeRoots "$root/node_modules/@types" --types node consumer.ts
done
read_back="$(node --disable-warning=ExperimentalWarning consumer.ts)"
echo "package: $read_back events by changes()"
[ "$read_back" = "$count" ]
