-- wrk on endless event streams: no response ever completes, so requests/s is 0 and only
-- the bytes count. Each connection has its own session name, since the server refuses two
-- streams with the same name.
local threads = 0

function setup(thread)
   thread:set("id", threads)
   threads = threads + 1
end

function init(args)
   call = args[1]
   opened = 0
end

function request()
   opened = opened + 1
   return wrk.format("GET", "/bench?session=wrk-" .. id .. "-" .. opened .. "&" .. call)
end

function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format('{"bytes":%d,"microseconds":%d,"errors":%d}\n',
      summary.bytes, summary.duration, e.connect + e.read + e.write + e.status))
end
