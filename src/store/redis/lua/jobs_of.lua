-- An account's listed jobs, newest first: figure ids grow with time, so their order as text is their age.
-- KEYS: prefix, list. ARGV: newest possible end of the range, limit.
local from, limit, found = ARGV[1], tonumber(ARGV[2]), {}
while #found < limit do
  local page = redis.call('ZREVRANGEBYLEX', KEYS[2], from, '-', 'LIMIT', '0', '100')
  for _, figure in ipairs(page) do
    local known = redis.call('HMGET', job_key(figure), 'owner', 'expires', 'deleted')
    if not known[1] or known[3] or (known[2] and tonumber(known[2]) <= now) then
      redis.call('ZREM', KEYS[2], figure)
    elseif #found < limit then
      table.insert(found, redis.call('HGETALL', job_key(figure)))
    end
  end
  if #page < 100 then
    break
  end
  from = '(' .. page[100]
end
return found
