#!/bin/sh
# The page's curl call, with the least of a filter behind it: what the page says of a data line, done to each.
# Environment: ARES_URL (origin), ARES_PATH, ARES_TOKEN, ARES_MESSAGE.

# The page types its JSON by hand. Here the message comes from outside, so a JSON writer has to quote it.
request=$(python3 -IS -c 'import json, os
print(json.dumps({"message": os.environ["ARES_MESSAGE"], "agent_type": "research"}))')

# Decisions of the sample:
#   -N           each read goes on when it comes
#   -X, -d       one POST, no redirect is followed
#   no -f        the status is not checked: an error's body is read like an answer, with exit status 0
# and of the filter, which are those of sed -n 's/^data: //p':
#   a line ends at LF, and at nothing else
#   the space is part of the prefix; a line without it is passed over, blank ones mean nothing
#   bytes go through as they are
filter='import sys
for line in sys.stdin.buffer:
    if line.startswith(b"data: "):
        sys.stdout.buffer.write(line[6:].removesuffix(b"\n"))
        sys.stdout.buffer.flush()'

# The exit status is that of curl, which a pipeline would lose: it comes out by a descriptor of its own.
exec 4>&1
status=$({
    {
        curl -N -sS -X POST "$ARES_URL$ARES_PATH" \
            -H "Content-Type: application/json" \
            -H "Authorization: Bearer $ARES_TOKEN" \
            -H "Accept: text/event-stream" \
            -d "$request" 3>&-
        echo $? >&3
    } | python3 -IS -c "$filter" >&4 3>&-
} 3>&1)
exit "$status"
