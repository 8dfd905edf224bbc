-- What wrk sends and how it judges the answers; `wrk.py` starts it and reads the line that `done` writes.
-- Arguments: method, path, body, authorization, what a good answer starts with, first id, last id, content type, status.
-- "{id}" in the path or the body becomes another id in each request: thread n of N takes first+n, first+n+N, … so none overlap.

local threads = {}

function setup(thread)
   thread:set("number", #threads)
   table.insert(threads, thread)
   for _, each in ipairs(threads) do each:set("step", #threads) end
end

function init(arguments)
   wrk.method = arguments[1]
   path = arguments[2]
   body = arguments[3]
   if body ~= "" then wrk.body = body end
   if arguments[4] ~= "" then wrk.headers["Authorization"] = arguments[4] end
   good = arguments[5]
   wrk.headers["Content-Type"] = arguments[8]
   following = tonumber(arguments[6]) + number
   last = tonumber(arguments[7])
   handed, wrong, exhausted, sample = 0, 0, 0, ""
   success = tonumber(arguments[9])
   varying = path:find("{id}", 1, true) ~= nil or body:find("{id}", 1, true) ~= nil
   if not varying then constant = wrk.format(nil, path) end
end

function request()
   if not varying then return constant end
   if following > last then
      exhausted = 1
      wrk.thread:stop()
   end
   local id = following
   following = following + step
   handed = handed + 1
   local text = string.format("%d", id)
   if body == "" then return wrk.format(nil, (path:gsub("{id}", text))) end
   return wrk.format(nil, (path:gsub("{id}", text)), nil, (body:gsub("{id}", text)))
end

function response(status, headers, body)
   if status ~= success or body:sub(1, #good) ~= good then
      wrong = wrong + 1
      if wrong == 1 then sample = status .. " " .. body:sub(1, 300) end
   end
end

function done(summary, latency, requests)
   local errors, handed, exhausted, sample = summary.errors, 0, 0, ""
   local wrong = errors.connect + errors.read + errors.write + errors.timeout
   for _, thread in ipairs(threads) do
      wrong = wrong + thread:get("wrong")
      handed = math.max(handed, thread:get("handed") * #threads)
      exhausted = exhausted + thread:get("exhausted")
      if sample == "" then sample = thread:get("sample") end
   end
   io.write(string.format("RESULT\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99), handed, exhausted, wrong, (sample:gsub("%s+", " "))))
end
