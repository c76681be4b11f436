-- Jobs that have ended at least so long ago and whose photo is not known to be gone, each with its owner.
-- KEYS: prefix. ARGV: milliseconds, limit.
local late = {}
for _, figure in ipairs(redis.call('ZRANGEBYSCORE', unpurged, '-inf', text(now - ARGV[1]), 'LIMIT', '0', ARGV[2])) do
  local owner = redis.call('HGET', job_key(figure), 'owner')
  if owner then
    table.insert(late, owner)
    table.insert(late, figure)
  else
    redis.call('ZREM', unpurged, figure)
  end
end
return late
