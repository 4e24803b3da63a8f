#!/bin/sh
# The page's curl call: the raw event stream goes to stdout, and nothing looks at it.
# Environment: ARES_URL (origin), ARES_PATH, ARES_TOKEN, ARES_MESSAGE.

# The page types its JSON by hand. Here the message comes from outside, so a JSON writer has to quote it.
request=$(python3 -IS -c 'import json, os
print(json.dumps({"message": os.environ["ARES_MESSAGE"], "agent_type": "research"}))')

# Decisions of the sample:
#   -N           each read is printed when it comes
#   -X, -d       one POST, no redirect is followed
#   no -f        the status is not checked: an error's body is printed like an answer, with exit status 0
#   no filter    lines, prefixes and event ends are left to whoever reads the terminal
exec curl -N -X POST "$ARES_URL$ARES_PATH" \
    -H "Content-Type: application/json" \
    -H "Authorization: Bearer $ARES_TOKEN" \
    -H "Accept: text/event-stream" \
    -d "$request"
