-- What all scripts share. KEYS[1] is the prefix of the shard, `fig:{s<k>}:`; every name that a script touches begins
-- with it, so a script stays in one slot. Names that only turn up inside (the job that an entry of the stream names)
-- are made from it.
local prefix = KEYS[1]
local due, unpurged, mark = prefix .. 'due', prefix .. 'unpurged', prefix .. 'founding'
local MAKERS = 'makers'
-- The lease belongs to whoever knows the fencing token, not to a consumer, so one consumer is enough.
local CONSUMER = 'node'

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Lua writes large numbers with an exponent.
local function text(number)
  return string.format('%.0f', number)
end

local function job_key(figure)
  return prefix .. 'job:' .. figure
end

-- Which month it is in UTC, counted from January of the year 0: Howard Hinnant's days of the civil calendar.
local function month_of(ms)
  local days = math.floor(ms / 86400000) + 719468
  local era = math.floor(days / 146097)
  local day = days - era * 146097
  local year = math.floor((day - math.floor(day / 1460) + math.floor(day / 36524) - math.floor(day / 146096)) / 365)
  local rest = day - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  -- Counted from March, with which years began.
  local month = math.floor((5 * rest + 2) / 153)
  return (era * 400 + year) * 12 + month + 2
end

local today, this_month = text(math.floor(now / 86400000)), text(month_of(now))

-- What a gate's limits are used for: jobs under way, figures of this day, micro-USD of this month.
local function used(gate)
  local known = redis.call('HMGET', gate, 'day', 'figures', 'month', 'micro_usd')
  local seats = redis.call('ZCOUNT', gate .. ':seats', '(' .. text(now), '+inf')
  return seats, known[1] == today and tonumber(known[2]) or 0, known[3] == this_month and tonumber(known[4]) or 0
end

-- Jobs of live keys and of test keys wait apart. In each lane accounts take turns: `turns` orders those with jobs that
-- wait, and `waits` begins the names of their lists.
local stream, turns, waits
local function in_lane(lane)
  stream, turns, waits = prefix .. 'jobs', prefix .. 'turns:' .. lane, prefix .. 'wait:' .. lane .. ':'
  if lane == 'test' then
    stream = prefix .. 'jobs:test'
  end
end

local function in_lane_of(figure)
  in_lane(redis.call('HGET', job_key(figure), 'lane') or 'live')
end

local function lost()
  return redis.call('GET', mark) ~= ARGV[1]
end

-- What several jobs share goes with the last of them.
local function keep(key, ms)
  if redis.call('PTTL', key) < tonumber(ms) then
    redis.call('PEXPIRE', key, ms)
  end
end

-- Adds to counters, given as JSON: a list of name, time in milliseconds, and pairs of a name and an amount. Their time
-- starts with the first addition.
local function add_all(tallies)
  for _, tally in ipairs(cjson.decode(tallies)) do
    for _, sum in ipairs(tally[3]) do
      local added = redis.pcall('HINCRBY', tally[1], sum[1], sum[2])
      if type(added) == 'table' and added.err then
        redis.call('HSET', tally[1], sum[1], '9223372036854775807')
      end
    end
    if redis.call('PTTL', tally[1]) < 0 then
      redis.call('PEXPIRE', tally[1], tally[2])
    end
  end
end

-- Writes a line, which begins with the digits of a version 7 UUID and so with its time in milliseconds. Those whose time
-- is over go, and of more than the most the oldest. Gives 1 for one that was not there.
local function note(log, line, kept, most)
  local added = redis.call('ZADD', log, '0', line)
  local oldest = math.max(0, now - kept)
  local digits = string.format('%06x%06x', math.floor(oldest / 16777216), oldest % 16777216)
  redis.call('ZREMRANGEBYLEX', log, '-', '(' .. digits)
  redis.call('ZREMRANGEBYRANK', log, '0', text(-1 - most))
  keep(log, kept)
  return added
end

-- Lets the request that made a job be done again. Since its time was over, another job may have taken the name.
local function release(once, figure)
  if once and once ~= '' then
    local value = redis.call('GET', once)
    if value and string.sub(value, 1, #figure) == figure then
      redis.call('UNLINK', once)
    end
  end
end

-- A command on the consumer group, which is made where it is missing.
local function on_group(...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    if not string.find(answer.err, 'NOGROUP', 1, true) then
      return error(answer)
    end
    redis.call('XGROUP', 'CREATE', stream, MAKERS, '0', 'MKSTREAM')
    keep(stream, 60000)
    answer = redis.call(...)
  end
  return answer
end

local function ring(topic)
  redis.call('PUBLISH', 'fig:wake', topic)
end

-- Adds an event, which lives as long as its job, and wakes those who wait for it: only those who follow the events where
-- the job just goes on.
local function tell(figure, what, at, goes_on)
  local job, events = job_key(figure), prefix .. 'events:' .. figure
  local number = redis.call('HINCRBY', job, 'events', 1)
  redis.call('XADD', events, 'MAXLEN', '64', text(number) .. '-0', 'at', at, 'what', what)
  redis.call('PEXPIRE', events, redis.call('PTTL', job))
  ring(goes_on and figure .. '+' or figure)
end

local function reach(figure, state, goes_on)
  redis.call('HSET', job_key(figure), 'state', state)
  tell(figure, state, text(now), goes_on)
end

-- Whether a job of this account is known.
local function owned(figure, owner)
  return redis.call('HGET', job_key(figure), 'owner') == owner
end

-- Whether a lease still counts.
local function leased(figure, owner, token)
  local known = redis.call('HMGET', job_key(figure), 'owner', 'claims', 'ended')
  return known[1] == owner and known[2] == token and not known[3]
end

-- Starts the lease of an entry anew: an entry of the pending list, idle for no time. False when the stream lacks it.
local function hold(entry, claims)
  local held = on_group('XCLAIM', stream, MAKERS, CONSUMER, '0', entry, 'IDLE', '0', 'RETRYCOUNT', claims, 'FORCE',
    'JUSTID')
  return #held > 0
end

-- Takes an entry out of the stream.
local function drop(entry)
  redis.call('XACK', stream, MAKERS, entry)
  redis.call('XDEL', stream, entry)
end

local function enqueue(figure)
  local entry = redis.call('XADD', stream, '*', 'figure', figure)
  redis.call('HSET', job_key(figure), 'entry', entry)
  keep(stream, redis.call('PTTL', job_key(figure)))
  return entry
end

-- Gives a job's seats back, and what it has reserved of its gates beyond what is charged. What belongs to a day or a month
-- that is over needs no settling.
local function settle(figure, delivered, charged)
  local taken = redis.call('HMGET', job_key(figure), 'gates', 'figures', 'micro_usd', 'day', 'month')
  for gate in string.gmatch(taken[1], '%S+') do
    redis.call('ZREM', gate .. ':seats', figure)
    local counted = redis.call('HMGET', gate, 'day', 'figures', 'month', 'micro_usd')
    if counted[1] == taken[4] and not delivered then
      redis.call('HSET', gate, 'figures', text(math.max(counted[2] - taken[2], 0)))
    end
    if counted[3] == taken[5] then
      redis.call('HSET', gate, 'micro_usd', text(math.max(counted[4] - taken[3], 0) + tonumber(charged)))
    end
  end
end

-- Puts an account behind all others whose jobs wait.
local function to_the_back(owner)
  local last = redis.call('ZRANGE', turns, '-1', '-1', 'WITHSCORES')
  redis.call('ZADD', turns, text(tonumber(last[2] or '0') + 1), owner)
end

local function wait(figure, owner, ms)
  redis.call('RPUSH', waits .. owner, figure)
  keep(waits .. owner, ms)
  if not redis.call('ZSCORE', turns, owner) then
    to_the_back(owner)
    keep(turns, ms)
  end
end

-- A job waits no more; an account without another gives up its turn.
local function wait_no_more(figure, owner)
  redis.call('LREM', waits .. owner, '1', figure)
  if redis.call('EXISTS', waits .. owner) == 0 then
    redis.call('ZREM', turns, owner)
  end
end

local function taken(figure)
  local known = redis.call('HGETALL', job_key(figure))
  table.insert(known, 1, text(now))
  table.insert(known, 1, 'taken')
  return known
end

-- The job that the same call was given before, since its answer was lost; nil where it is somebody else's now or has ended.
local function given(call)
  local figure, claims = string.match(redis.call('GET', prefix .. 'given:' .. call) or '', '^(%S+) (%S+)$')
  if figure then
    local known = redis.call('HMGET', job_key(figure), 'claims', 'ended')
    if known[1] == claims and not known[2] then
      return taken(figure)
    end
  end
end

-- Hands a job out to a call; the fencing token is the delivery count of its entry. Gives all that is known of the job.
local function hand_out(figure, call)
  local job = job_key(figure)
  in_lane_of(figure)
  local known = redis.call('HMGET', job, 'owner', 'deadline')
  wait_no_more(figure, known[1])
  if tonumber(known[2]) <= now then
    redis.call('HSET', job, 'late', '1')
  end
  local claims = text(redis.call('HINCRBY', job, 'claims', 1))
  if not hold(redis.call('HGET', job, 'entry'), claims) then
    hold(enqueue(figure), claims)
  end
  -- A call is asked again for a few seconds at most.
  redis.call('SET', prefix .. 'given:' .. call, figure .. ' ' .. claims, 'PX', '10000')
  return taken(figure)
end

-- The job that an entry of the stream stands for and how often it was handed out; nil for an entry of no use.
local function named(entry, fields)
  for at = 1, #(fields or {}), 2 do
    if fields[at] == 'figure' then
      local known = redis.call('HMGET', job_key(fields[at + 1]), 'entry', 'claims', 'ended')
      if known[1] == entry and not known[3] then
        return fields[at + 1], known[2]
      end
    end
  end
end
