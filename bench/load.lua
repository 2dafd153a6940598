-- Sends the requests of a file, which NUL separates, one after another; reports as one line of JSON.

local requests, count, last = {}, 0, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("%Z+") do
    count = count + 1
    requests[count] = request
  end
  file:close()
end

function request()
  last = last % count + 1
  return requests[last]
end

function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"count": %d, "seconds": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, errors.status, broken
  ))
end
