#!/bin/sh
# A right ARES client out of curl and a filter (filter.py, beside this file): prints the text, exits 1 on any failure.
# Environment: ARES_URL (origin), ARES_PATH, ARES_TOKEN, ARES_MESSAGE; ARES_HTTP_VERSION=2 where only that is spoken.
set -u
here=$(dirname -- "$0")
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The token goes by file: an argument would show in everyone's process list.
printf 'Authorization: Bearer %s\n' "$ARES_TOKEN" > "$work/authorization"
python3 -IS -c 'import json, os
print(json.dumps({"message": os.environ["ARES_MESSAGE"]}))' > "$work/request" || exit 1

# The head goes to a file of its own, where the filter judges status and content type. curl writes it before the
# first byte of the body, so it is there when the filter sees that byte. (--include would mix trailer fields, which
# come after the body, into the event stream. --fail lets redirects and other types through.)
#
# In clear text nothing tells that a server speaks HTTP/2: it has to be known.
[ "${ARES_HTTP_VERSION:-1.1}" = 2 ] && set -- --http2-prior-knowledge

# A pipeline's status is its last command's. curl's own, which says whether the body was whole, goes by file too.
{
    curl --silent --show-error --no-buffer "$@" \
        --connect-timeout 30 --speed-limit 1 --speed-time 120 \
        --dump-header "$work/head" \
        --header "@$work/authorization" \
        --header "Content-Type: application/json" \
        --header "Accept: text/event-stream" \
        --data-binary "@$work/request" \
        "$ARES_URL$ARES_PATH"
    echo $? > "$work/status"
} | python3 -IS "$here/filter.py" "$work/head" || exit 1
test "$(cat "$work/status")" = 0
