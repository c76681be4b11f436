-- Hands out a job that is past its deadline and that nobody holds.
-- KEYS: prefix. ARGV: lease in milliseconds.
local function held(figure, entry)
  in_lane_of(figure)
  local pending = on_group('XPENDING', stream, MAKERS, entry, entry, '1')[1]
  return pending and pending[3] < tonumber(ARGV[1])
end

for _, figure in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', text(now), 'LIMIT', '0', '100')) do
  local known = redis.call('HMGET', job_key(figure), 'entry', 'ended')
  if not known[1] or known[2] then
    redis.call('ZREM', due, figure)
  elseif not held(figure, known[1]) then
    return hand_out(figure)
  end
end
return { 'none' }
