-- Adds a job: idempotency first, so that who asks again takes no seat; then the upload, the place and the gates.
-- KEYS: prefix, list of the account, gates, names of the once-only request, then the upload's mark where one is taken.
-- ARGV: see `submit.rs`.
local figure, owner, key, photo = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local gates, places, deadline = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local retention, remembered, listed = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local onces, once_value, once_kept, consumes = tonumber(ARGV[12]), ARGV[13], ARGV[14], ARGV[15] == '1'
local held, held_kept, most_held, person = ARGV[16], ARGV[17], ARGV[18], ARGV[19]
local figures, micro_usd = tonumber(ARGV[20]), tonumber(ARGV[21])
local list, first_once, upload = KEYS[2], KEYS[3 + gates], KEYS[3 + gates + onces]
local job = job_key(figure)

if lost() then
  return { 'lost' }
end
-- The same call again, since its answer was lost.
if owned(figure, owner) then
  return { 'accepted', redis.call('HGET', job, 'created') }
end
for at = 1, onces do
  local value = redis.call('GET', KEYS[2 + gates + at])
  if value and string.match(value, '^%l+_%x+ ') then
    return { 'known', text(at - 1), value }
  end
end
if consumes and redis.call('EXISTS', upload) == 0 then
  return { 'consumed' }
end
in_lane(ARGV[22])
local waiting = redis.call('XLEN', stream) - on_group('XPENDING', stream, MAKERS)[1]
if waiting >= places then
  return { 'no_place' }
end
-- Each kind of bound over all gates, so that which one is told does not hang on the order of gates.
local bounds = { {}, {}, {} }
for at = 1, gates do
  local taken, made, money = used(KEYS[2 + at])
  local limit = 19 + 3 * at
  bounds[1][at] = taken >= tonumber(ARGV[limit + 1])
  bounds[2][at] = figures > 0 and made + figures > tonumber(ARGV[limit + 2])
  bounds[3][at] = money + micro_usd > tonumber(ARGV[limit + 3])
end
for by = 1, 3 do
  for at = 1, gates do
    if bounds[by][at] then
      return { 'bounded', text(at - 1), text(by) }
    end
  end
end

-- What a job that is never ended leaves goes a minute after it would have gone otherwise.
local kept = text(deadline + retention + remembered + 60000)
local names = {}
for at = 1, gates do
  local gate = KEYS[2 + at]
  local seats = gate .. ':seats'
  local _, made, money = used(gate)
  redis.call('ZREMRANGEBYSCORE', seats, '-inf', text(now))
  redis.call('ZADD', seats, text(now + deadline + 60000), figure)
  keep(seats, kept)
  redis.call('HSET', gate, 'day', today, 'figures', text(made + figures), 'month', this_month, 'micro_usd',
    text(money + micro_usd))
  -- Longer than any month.
  keep(gate, 32 * 86400000)
  names[at] = gate
end
if onces > 0 then
  redis.call('SET', first_once, once_value, 'PX', once_kept)
end
if consumes then
  redis.call('UNLINK', upload)
end
redis.call('HSET', job, 'figure', figure, 'owner', owner, 'key', key, 'photo', photo, 'state', 'queued', 'claims', '0',
  'created', text(now), 'deadline', text(now + deadline), 'retention', text(retention), 'remembered', text(remembered),
  'once', onces > 0 and first_once or '', 'gates', table.concat(names, ' '), 'figures', text(figures), 'micro_usd',
  text(micro_usd), 'day', today, 'month', this_month,
  'lane', ARGV[22])
redis.call('PEXPIRE', job, kept)
redis.call('ZADD', due, text(now + deadline), figure)
keep(due, kept)
if listed == '1' then
  -- The oldest go first, so that a list that nobody reads does not grow for ever.
  for _, oldest in ipairs(redis.call('ZRANGE', list, '0', '1')) do
    if redis.call('EXISTS', job_key(oldest)) == 0 then
      redis.call('ZREM', list, oldest)
    end
  end
  redis.call('ZADD', list, '0', figure)
  keep(list, kept)
end
note(prefix .. 'held:' .. owner, held, held_kept, most_held)
if person ~= '' then
  note(prefix .. 'who:' .. owner .. ':' .. person, held, held_kept, most_held)
end
enqueue(figure)
wait(figure, owner, kept)
tell(figure, 'queued', text(now), true)
-- Named as its lane's stream is.
ring(string.sub(stream, #prefix + 1))
return { 'accepted', text(now) }
