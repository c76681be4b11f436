-- Adds a job: idempotency first, so that who asks again takes no seat; then the upload, the place and the seat.
-- KEYS: prefix, gate, list of the account, names of the once-only request, then the upload's mark where one is taken.
-- ARGV: see `submit.rs`.
local figure, owner, key, photo = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local seats, places, deadline = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local retention, remembered, listed = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local onces, once_value, once_kept, consumes = tonumber(ARGV[12]), ARGV[13], ARGV[14], ARGV[15] == '1'
local held, held_kept, most_held, person = ARGV[16], ARGV[17], ARGV[18], ARGV[19]
local gate, list, upload = KEYS[2], KEYS[3], KEYS[4 + onces]
local job = job_key(figure)

if lost() then
  return { 'lost' }
end
-- The same call again, since its answer was lost.
if owned(figure, owner) then
  return { 'accepted', redis.call('HGET', job, 'created') }
end
for at = 1, onces do
  local value = redis.call('GET', KEYS[3 + at])
  if value and string.match(value, '^%l+_%x+ ') then
    return { 'known', text(at - 1), value }
  end
end
if consumes and redis.call('EXISTS', upload) == 0 then
  return { 'consumed' }
end
local waiting = redis.call('XLEN', stream) - on_group('XPENDING', stream, MAKERS)[1]
if waiting >= places then
  return { 'no_place' }
end
redis.call('ZREMRANGEBYSCORE', gate, '-inf', text(now))
if redis.call('ZCARD', gate) >= seats then
  return { 'no_seat' }
end

-- What a job that is never ended leaves goes a minute after it would have gone otherwise.
local kept = text(deadline + retention + remembered + 60000)
redis.call('ZADD', gate, text(now + deadline + 60000), figure)
keep(gate, kept)
if onces > 0 then
  redis.call('SET', KEYS[4], once_value, 'PX', once_kept)
end
if consumes then
  redis.call('UNLINK', upload)
end
redis.call('HSET', job, 'figure', figure, 'owner', owner, 'key', key, 'photo', photo, 'state', 'queued', 'claims', '0',
  'created', text(now), 'deadline', text(now + deadline), 'retention', text(retention), 'remembered', text(remembered),
  'once', onces > 0 and KEYS[4] or '')
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
tell(figure, 'queued', text(now))
ring('jobs')
return { 'accepted', text(now) }
