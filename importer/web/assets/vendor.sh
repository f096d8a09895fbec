#!/bin/sh
# Fetches the JavaScript and CSS of others: npm checks the packages against
# vendor/package-lock.json, and sha256sum the files against vendor/SHA256SUMS.
set -eu
cd "$(dirname "$0")/vendor"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json "$work"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund
htmx=$work/node_modules/htmx.org tabulator=$work/node_modules/tabulator-tables
cp "$htmx/dist/htmx.min.js" htmx.js
cp "$htmx/dist/ext/hx-sse.min.js" hx-sse.js
cp "$htmx/LICENSE" htmx.LICENSE
cp "$tabulator/dist/js/tabulator.min.js" tabulator.js
cp "$tabulator/dist/css/tabulator.min.css" tabulator.css
cp "$tabulator/LICENSE" tabulator.LICENSE
sha256sum -c SHA256SUMS
