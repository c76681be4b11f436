-- Notes a key of an account, unless it is noted already. Those whose time is over make room for others.
-- KEYS: prefix, keys of the account. ARGV: key, record, milliseconds, most.
local keys, most = KEYS[2], tonumber(ARGV[4])
if redis.call('HEXISTS', keys, ARGV[1]) == 1 then
  return { 'noted' }
end
if redis.call('HLEN', keys) >= most then
  local all = redis.call('HGETALL', keys)
  for at = 1, #all, 2 do
    if tonumber(string.match(all[at + 1], '^%d+')) <= now then
      redis.call('HDEL', keys, all[at])
    end
  end
  if redis.call('HLEN', keys) >= most then
    return { 'full' }
  end
end
redis.call('HSET', keys, ARGV[1], text(now + tonumber(ARGV[3])) .. ' ' .. ARGV[2])
keep(keys, ARGV[3])
return { 'noted' }
