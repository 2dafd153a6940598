#!/bin/sh
# Task 42 is changed from two places; task 43 is created over a line that drops.
set -eu
# start of setup
API=${API:-http://localhost:8000}
# end of setup

# start of revalidate
curl -i "$API/api/alice/tasks/42" \
  -H "Authorization: Bearer $TOKEN" -H 'If-None-Match: "1"'
# end of revalidate

# Meanwhile, on the phone:
curl -X PATCH "$API/api/alice/tasks/42" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -H 'If-Match: "1"' \
  -d '{"complete": true}'

# start of edit
rename() {
  curl -i --fail -X PATCH "$API/api/alice/tasks/42" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -H "If-Match: \"$1\"" \
    -d '{"title": "Buy oat milk"}'
}

rename 1 || { # 412: look at the task as it is now, and decide again
  curl -i "$API/api/alice/tasks/42" -H "Authorization: Bearer $TOKEN"
  rename 2
}
# end of edit

# start of retry
KEY=0d9f3c56-6a4e-4b55-9c9b-0c1f8f0f6a11 # from uuidgen: a new one for each new task

curl -i --retry 3 --retry-all-errors "$API/api/alice/tasks" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -H "Idempotency-Key: $KEY" \
  -d '{"title": "Call the bank"}'
# end of retry
