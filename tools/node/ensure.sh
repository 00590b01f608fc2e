#!/usr/bin/env bash
# Runs the command it is given under a Node that fits: the machine's own, else the one of this folder.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
fits() { node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 22 || (major === 22 && minor >= 22) ? 0 : 1)' 2>/dev/null; }
export PATH="$here/node_modules/.bin:$PATH"
hash -r
if ! fits; then
  command -v npm >/dev/null || { echo 'npm is missing: install Node.js 22.22 or newer' >&2; exit 1; }
  [ "$(uname -s)" = Linux ] || { echo 'Node >= 22.22 is needed: nvm install 24' >&2; exit 1; }
  echo "node $(node -v 2>/dev/null || echo '(none)') is too old: installing one into tools/node" >&2
  (cd "$here" && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error >&2)
  hash -r
  fits || { echo 'Node >= 22.22 is needed: nvm install 24' >&2; exit 1; }
fi
exec "$@"
