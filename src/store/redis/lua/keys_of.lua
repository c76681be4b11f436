-- Keys of an account, newest first: ids grow with time, so their order as text is their age. Each with its record and when
-- it was revoked.
-- KEYS: prefix, keys of the account. ARGV: only those before this one, limit, only this one.
local all, known = redis.call('HGETALL', KEYS[2]), {}
for at = 1, #all, 2 do
  local key = all[at]
  local until_when, record = string.match(all[at + 1], '^(%d+) (.*)$')
  if tonumber(until_when) > now and (ARGV[1] == '' or key < ARGV[1]) and (ARGV[3] == '' or key == ARGV[3]) then
    table.insert(known, { key, record, redis.call('GET', prefix .. 'revoked:' .. key) or '' })
  end
end
table.sort(known, function(one, other)
  return one[1] > other[1]
end)
local page = {}
for at = 1, math.min(#known, tonumber(ARGV[2])) do
  page[at] = known[at]
end
return page
