#!/bin/sh
# The six operations with curl; TOKEN is one of alice's.
set -eu

# start of setup
API=${API:-http://localhost:8000}
# end of setup

# start of create_task
curl -i "$API/api/alice/tasks" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{"title": "Buy milk", "description": "Two litres, whole"}'
# end of create_task

# start of list_tasks
curl -i "$API/api/alice/tasks?limit=2" -H "Authorization: Bearer $TOKEN"
# end of list_tasks

# start of get_task
curl -i "$API/api/alice/tasks/42" -H "Authorization: Bearer $TOKEN"
# end of get_task

# start of update_task
curl -i -X PUT "$API/api/alice/tasks/42" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{
    "title": "Buy oat milk",
    "description": "One litre",
    "complete": false,
    "priority": "low",
    "tags": ["errands"]
  }'
# end of update_task

# start of patch_task
curl -i -X PATCH "$API/api/alice/tasks/42" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -H 'If-Match: "2"' \
  -d '{"complete": true}'
# end of patch_task

# start of delete_task
curl -i -X DELETE "$API/api/alice/tasks/42" -H "Authorization: Bearer $TOKEN"
# end of delete_task
