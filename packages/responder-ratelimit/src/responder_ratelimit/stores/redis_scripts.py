"""The scripts of the Redis store: each a decision that nothing comes between.

Numbers of Lua are whole up to 2^53, so large limits are counted in milliseconds or seconds. A debt
of GCRA is kept as whole ticks and what is left of one, in parts of the requests of the limit (``q``
and ``r`` of a hash); a sliding window as a list of times and costs, in turn; a fixed window as its
number and a count.
"""

from __future__ import annotations

from responder_core.stores.redis import Script

# Each algorithm: read(key, limit) gives its state; wait(), take(), back(), left() are those of the
# module algorithms; write() keeps it until nothing is left of it.
_ALGORITHMS = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local function expire(key, ticks, limit)
  redis.call('PEXPIRE', key, math.ceil(ticks * limit.unit / 1000) + 1)
end

local gcra = {}

-- A number of ticks and parts: cost times ticks over requests, whole.
local function times(cost, limit)
  local whole = cost * limit.ticks
  local parts = whole % limit.requests
  return (whole - parts) / limit.requests, parts
end

function gcra.read(key)
  local found = redis.call('HMGET', key, 'q', 'r')
  return {q = tonumber(found[1]) or 0, r = tonumber(found[2]) or 0}
end

local function debt(state, limit)
  if state.q < limit.now then return 0, 0 end
  return state.q - limit.now, state.r
end

function gcra.wait(state, limit, cost)
  if cost > limit.burst then return -1 end
  local q, r = debt(state, limit)
  local dq, dr = times(cost - limit.burst, limit)
  q, r = q + dq, r + dr
  if r >= limit.requests then q, r = q + 1, r - limit.requests end
  if q < 0 or (q == 0 and r == 0) then return 0 end
  return r > 0 and q + 1 or q
end

function gcra.take(state, limit, cost)
  local q, r = debt(state, limit)
  local dq, dr = times(cost, limit)
  q, r = q + dq, r + dr
  if r >= limit.requests then q, r = q + 1, r - limit.requests end
  if q < 0 then q, r = 0, 0 end
  state.q, state.r = limit.now + q, r
end

function gcra.back(state, limit, cost)
  gcra.take(state, limit, -cost)
end

function gcra.left(state, limit)
  local q, r = debt(state, limit)
  local left = math.floor(limit.burst - (q * limit.requests + r) / limit.ticks)
  -- A division may be off by one part in 2^53: what is said is what would be admitted.
  while left > 0 and gcra.wait(state, limit, left) ~= 0 do left = left - 1 end
  while left < limit.burst and gcra.wait(state, limit, left + 1) == 0 do left = left + 1 end
  return math.max(0, left), r > 0 and q + 1 or q
end

function gcra.write(key, state, limit)
  if state.q <= limit.now and state.r == 0 then redis.call('DEL', key) return end
  redis.call('HSET', key, 'q', string.format('%.0f', state.q), 'r', string.format('%.0f', state.r))
  expire(key, state.q - limit.now, limit)
end

local sliding = {}

function sliding.read(key, limit)
  local found = redis.call('LRANGE', key, 0, -1)
  local state = {total = 0, times = {}}
  for at = 1, #found, 2 do
    local when, cost = tonumber(found[at]), tonumber(found[at + 1])
    if when > limit.now - limit.ticks then
      state.times[#state.times + 1] = {when, cost}
      state.total = state.total + cost
    end
  end
  return state
end

function sliding.wait(state, limit, cost)
  if cost > limit.requests then return -1 end
  local over = state.total + cost - limit.requests
  if over <= 0 then return 0 end
  for _, each in ipairs(state.times) do
    over = over - each[2]
    if over <= 0 then return each[1] + limit.ticks - limit.now end
  end
  return 0
end

function sliding.take(state, limit, cost)
  if cost > 0 then
    local last = state.times[#state.times]
    if last and last[1] >= limit.now then last[2] = last[2] + cost
    else state.times[#state.times + 1] = {limit.now, cost} end
    state.total = state.total + cost
    limit.at = state.times[#state.times][1]
  end
  while cost < 0 and #state.times > 0 do
    local last = state.times[#state.times]
    local back = math.min(-cost, last[2])
    last[2], cost, state.total = last[2] - back, cost + back, state.total - back
    if last[2] == 0 then state.times[#state.times] = nil end
  end
end

function sliding.back(state, limit, cost, at)
  for index = #state.times, 1, -1 do
    local each = state.times[index]
    if each[1] == at then
      local back = math.min(cost, each[2])
      each[2], state.total = each[2] - back, state.total - back
      if each[2] == 0 then table.remove(state.times, index) end
    end
    if each[1] <= at then return end
  end
end

function sliding.left(state, limit)
  local last = state.times[#state.times]
  return math.max(0, limit.requests - state.total), last and last[1] + limit.ticks - limit.now or 0
end

function sliding.write(key, state, limit)
  redis.call('DEL', key)
  for _, each in ipairs(state.times) do
    redis.call('RPUSH', key, string.format('%.0f', each[1]), each[2])
  end
  if #state.times > 0 then expire(key, limit.ticks, limit) end
end

local fixed = {}

function fixed.read(key, limit)
  local found = redis.call('HMGET', key, 'w', 'c')
  local window = math.floor(limit.now / limit.ticks)
  if tonumber(found[1]) ~= window then return {window = window, count = 0} end
  return {window = window, count = tonumber(found[2])}
end

function fixed.wait(state, limit, cost)
  if cost > limit.requests then return -1 end
  if state.count + cost <= limit.requests then return 0 end
  return limit.ticks - limit.now % limit.ticks
end

function fixed.take(state, limit, cost)
  state.count = math.max(0, state.count + cost)
end

function fixed.back(state, limit, cost, at)
  if math.floor(at / limit.ticks) == state.window then fixed.take(state, limit, -cost) end
end

function fixed.left(state, limit)
  local ends = state.count > 0 and limit.ticks - limit.now % limit.ticks or 0
  return math.max(0, limit.requests - state.count), ends
end

function fixed.write(key, state, limit)
  redis.call('HSET', key, 'w', state.window, 'c', state.count)
  expire(key, limit.ticks - limit.now % limit.ticks, limit)
end

local algorithms = {gcra, sliding, fixed}

local function limits()
  local found = {}
  for at = 1, #KEYS do
    local from = 7 * (at - 1)
    local limit = {
      algorithm = algorithms[tonumber(ARGV[from + 1])], requests = tonumber(ARGV[from + 2]),
      ticks = tonumber(ARGV[from + 3]), burst = tonumber(ARGV[from + 4]),
      cost = tonumber(ARGV[from + 5]), unit = tonumber(ARGV[from + 6]),
      given = tonumber(ARGV[from + 7])
    }
    limit.now = math.floor(now / limit.unit)
    limit.at = limit.now
    limit.state = limit.algorithm.read(KEYS[at], limit)
    found[at] = limit
  end
  return found
end
"""

HIT = Script.of(
    _ALGORITHMS,
    """
local found = limits()
local admitted = true
for _, each in ipairs(found) do
  each.wait = each.algorithm.wait(each.state, each, each.cost > 0 and each.cost or 1)
  if each.wait ~= 0 then admitted = false end
end
local answer = {}
for at, each in ipairs(found) do
  if admitted and each.cost > 0 then
    each.algorithm.take(each.state, each, each.cost)
    each.algorithm.write(KEYS[at], each.state, each)
  end
  local left, reset = each.algorithm.left(each.state, each)
  answer[#answer + 1] = each.wait > 0 and each.wait * each.unit or each.wait
  answer[#answer + 1] = left
  answer[#answer + 1] = reset * each.unit
  answer[#answer + 1] = each.at
end
return answer
""",
)
"""Counts a request by all of its limits, or by none: wait, left, reset and time of each."""

CHARGE = Script.of(
    _ALGORITHMS,
    """
for at, each in ipairs(limits()) do
  if each.cost < 0 and each.given >= 0 then
    each.algorithm.back(each.state, each, -each.cost, each.given)
  else
    each.algorithm.take(each.state, each, each.cost)
  end
  each.algorithm.write(KEYS[at], each.state, each)
end
return 0
""",
)
"""Counts what has happened already."""
