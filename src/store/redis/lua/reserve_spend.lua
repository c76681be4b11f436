-- Sets a job's share of the installation's spend aside, for today.
-- KEYS: prefix. ARGV: job, most, ceiling.
local open, total = prefix .. 'open', prefix .. 'day:' .. today
if redis.call('HEXISTS', open, ARGV[1]) == 1 then
  return { 'reserved' }
end
local sum = tonumber(redis.call('GET', total) or '0') + tonumber(ARGV[2])
if sum > tonumber(ARGV[3]) then
  return { 'refused' }
end
redis.call('SET', total, text(sum))
redis.call('HSET', open, ARGV[1], today .. ' ' .. ARGV[2])
redis.call('ZADD', prefix .. 'since', text(now), ARGV[1])
for _, key in ipairs({ open, total, prefix .. 'since' }) do
  keep(key, 3 * 86400000)
end
return { 'reserved' }
