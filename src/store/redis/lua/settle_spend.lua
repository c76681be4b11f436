-- Puts what was spent in place of what was set aside for a job.
-- KEYS: prefix. ARGV: job, spent; nothing where that is not known, so that what was set aside stays counted.
local reserved = redis.call('HGET', prefix .. 'open', ARGV[1])
if reserved then
  local day, most = string.match(reserved, '^(%d+) (%d+)$')
  if ARGV[2] ~= '' then
    local total = prefix .. 'day:' .. day
    local sum = math.max(tonumber(redis.call('GET', total) or '0') - tonumber(most), 0) + tonumber(ARGV[2])
    redis.call('SET', total, text(sum), 'KEEPTTL')
    keep(total, 1000)
  end
  redis.call('HDEL', prefix .. 'open', ARGV[1])
  redis.call('ZREM', prefix .. 'since', ARGV[1])
end
return {}
