"""The scripts of the Redis store: each a change that nothing comes between.

A session is a hash: its values behind ``v:``, ``c`` and ``s`` for when it was made and saved, in
milliseconds of the server's clock, ``p`` for who is logged in, ``n`` and ``b`` for the keys that it
was rotated to and from. Its time to live is that of the hash.
"""

from __future__ import annotations

from responder_core.stores.redis import Script

_NOW = """
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
"""

# ARGV from *at* on: lasts, principal, then three lists, each behind its length.
_APPLY = """
local function add(key, field, delta)
  local present = redis.call('HGET', key, field)
  if not present or not tonumber(present) then
    redis.call('HSET', key, field, delta)
    return
  end
  if string.match(present, '^-?%d+$') and string.match(delta, '^-?%d+$') then
    local sum = redis.pcall('HINCRBY', key, field, delta)
    if type(sum) == 'number' then return end
  end
  redis.call('HINCRBYFLOAT', key, field, delta)
end

local function apply(key, at, extends)
  local lasts, principal = ARGV[at], ARGV[at + 1]
  at = at + 2
  local last = at + tonumber(ARGV[at])
  while at < last do
    at = at + 1
    redis.call('HDEL', key, 'v:' .. ARGV[at])
  end
  at = at + 1
  last = at + 2 * tonumber(ARGV[at])
  while at < last do
    redis.call('HSET', key, 'v:' .. ARGV[at + 1], ARGV[at + 2])
    at = at + 2
  end
  at = at + 1
  last = at + 2 * tonumber(ARGV[at])
  while at < last do
    add(key, 'v:' .. ARGV[at + 1], ARGV[at + 2])
    at = at + 2
  end
  redis.call('HSET', key, 's', now())
  if principal ~= '' then redis.call('HSET', key, 'p', principal) end
  if extends then redis.call('PEXPIRE', key, lasts) end
end
"""

LOAD = Script.of(
    _NOW,
    """
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then return false end
return {fields, redis.call('PTTL', KEYS[1]), now()}
""",
)
"""KEYS: the session."""

SAVE = Script.of(
    _NOW,
    _APPLY,
    """
local key, hops = KEYS[1], 0
local after = redis.call('HGET', key, 'n')
while after and ARGV[2] == '0' and hops < 8 do
  key, hops = after, hops + 1
  after = redis.call('HGET', key, 'n')
end
if redis.call('EXISTS', key) == 0 then
  if ARGV[1] == '0' then return 0 end
  redis.call('HSET', key, 'c', now())
end
apply(key, 3, not after)
return hops > 0 and 2 or 1
""",
)
"""KEYS: the session. ARGV: whether it creates one, whether it is late, and the change."""

ROTATE = Script.of(
    _NOW,
    _APPLY,
    """
local old, new, grace = KEYS[1], KEYS[2], tonumber(ARGV[1])
local fields = redis.call('HGETALL', old)
if #fields == 0 then return 0 end
local rotated = false
for at = 1, #fields, 2 do
  if fields[at] == 'n' then
    rotated = true
  elseif fields[at] ~= 'b' then
    redis.call('HSET', new, fields[at], fields[at + 1])
  end
end
redis.call('HSET', new, 'b', old)
apply(new, 2, true)
if not rotated then
  redis.call('HSET', old, 'n', new)
  if redis.call('PTTL', old) > grace then redis.call('PEXPIRE', old, grace) end
end
return 1
""",
)
"""KEYS: the session, and where it goes. ARGV: the grace, and the change."""

DELETE = Script.of(
    """
local found, waiting = {}, {KEYS[1]}
while #waiting > 0 do
  local key = table.remove(waiting)
  if not found[key] then
    found[key] = true
    local near = redis.call('HMGET', key, 'n', 'b')
    if near[1] then table.insert(waiting, near[1]) end
    if near[2] then table.insert(waiting, near[2]) end
    redis.call('DEL', key)
  end
end
return 1
"""
)
"""KEYS: the session."""

INDEX = Script.of(
    """
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
"""
)
"""KEYS: the sessions of someone. ARGV: one more, and how long it lasts."""
