#!/bin/sh
# Opens muster's page in your browser. On macOS: put this file beside the program muster,
# and double-click it. Closing the window ends muster.
cd "$(dirname "$0")" || exit
PATH=".:$PATH"
exec muster web
