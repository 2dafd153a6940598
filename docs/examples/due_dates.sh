#!/bin/sh
# Due dates, priorities and tags with curl; TOKEN is one of alice's.
set -eu

# start of setup
API=${API:-http://localhost:8000}
# end of setup

# start of create
curl -i "$API/api/alice/tasks" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{
    "title": "Call the dentist",
    "due_date": "2026-12-01T09:30",
    "priority": "urgent",
    "tags": ["health", "phone"]
  }'
# end of create

# start of by_friday
curl -i "$API/api/alice/tasks?due_to=2026-11-27&complete=false&sort=due_date" \
  -H "Authorization: Bearer $TOKEN"
# end of by_friday

# start of overdue
YESTERDAY=2026-11-20 # "$(date -d yesterday +%F)"; on macOS "$(date -v-1d +%F)"
curl -i "$API/api/alice/tasks?due_to=$YESTERDAY&complete=false&sort=due_date" \
  -H "Authorization: Bearer $TOKEN"
# end of overdue

# start of most_urgent
curl -i "$API/api/alice/tasks?complete=false&min_priority=high&sort=-priority" \
  -H "Authorization: Bearer $TOKEN"
# end of most_urgent

# start of two_tags
curl -i "$API/api/alice/tasks?tag=health&tag=phone" -H "Authorization: Bearer $TOKEN"
# end of two_tags

# start of undated
curl -i "$API/api/alice/tasks?has_due_date=false&complete=false" \
  -H "Authorization: Bearer $TOKEN"
# end of undated

# start of old_client
curl -i -X PUT "$API/api/alice/tasks/45" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{"title": "Call the dentist again", "complete": false}'
# end of old_client

# start of rename_tag
curl -i "$API/api/alice/tasks?tag=phone&limit=1000" -H "Authorization: Bearer $TOKEN"

# For each of these tasks, its version and its tags with the new name in place of the old one:
curl -i -X PATCH "$API/api/alice/tasks/45" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -H 'If-Match: "2"' \
  -d '{"tags": ["health", "calls"]}'
# end of rename_tag

# start of clear
curl -i -X PATCH "$API/api/alice/tasks/45" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{"due_date": null, "priority": "none", "tags": []}'
# end of clear
