//! What Redis does in one step. Each script touches the keys of one session or of one owner, so that they work in a
//! cluster too, and announces in the same step what it ended.
//!
//! Moments are texts of digits of one length, which sort as the moments do.

/// Keeps a new session: 1, or 0 if there is one under this key. KEYS: session. ARGV: milliseconds to keep it, then fields
/// and values.
pub(super) const CREATE: &str = "\
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1";

/// Notes activity if the session is still there. KEYS: session. ARGV: milliseconds to keep it, moment.
pub(super) const TOUCH: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'last_active', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1";

/// Replaces what is sealed if the version is still that one: 1, else 0. KEYS: session. ARGV: version, next version, sealed.
pub(super) const REPLACE: &str = "\
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sealed', ARGV[3])
return 1";

/// Keeps a section of a session that is still there: 1, else 0. Where it would be more than the session's share, the
/// sections before it go. KEYS: session. ARGV: field, sealed, bytes of a session's share.
pub(super) const KEEP_SECTION: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local bytes = tonumber(redis.call('HGET', KEYS[1], 'kept_bytes')) or 0
bytes = bytes - redis.call('HSTRLEN', KEYS[1], ARGV[1]) + #ARGV[2]
if bytes > tonumber(ARGV[3]) then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 5) == 'kept:' then redis.call('HDEL', KEYS[1], field) end
  end
  bytes = #ARGV[2]
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'kept_bytes', bytes)
return 1";

/// Ends a session, and tells whose it was. KEYS: session. ARGV: channel, announcement.
pub(super) const END: &str = "\
local owners = redis.call('HMGET', KEYS[1], 'citizen', 'provider_session')
if redis.call('DEL', KEYS[1]) == 1 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return owners";

/// Ends a session if it is this owner's and its token was issued by a moment, and tells whose it was; else nobody's.
/// KEYS: session. ARGV: channel, announcement, field of the owner, owner, moment or nothing for any.
pub(super) const END_OF: &str = "\
local held = redis.call('HMGET', KEYS[1], ARGV[3], 'issued')
if held[1] ~= ARGV[4] or (ARGV[5] ~= '' and held[2] and held[2] > ARGV[5]) then return { false, false } end
local owners = redis.call('HMGET', KEYS[1], 'citizen', 'provider_session')
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return owners";

/// Enters a session in an owner's index, and drops those from it that are over. KEYS: index. ARGV: session, its end and now
/// in milliseconds, milliseconds until its end.
pub(super) const ENTER: &str = "\
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1";

/// Notes a logout, the latest counts, and gives its moment and the owner's sessions. It is announced too: what is open for
/// an access token has no session that could end. KEYS: logout, index. ARGV: moment, milliseconds to keep it, channel,
/// announcement.
pub(super) const LOG_OUT: &str = "\
local latest = redis.call('GET', KEYS[1])
if not latest or latest < ARGV[1] then latest = ARGV[1] end
redis.call('SET', KEYS[1], latest, 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return { latest, redis.call('ZRANGE', KEYS[2], 0, -1) }";

/// Sets a mark: 1, or 0 if it is set already, unless by this very command, sent a second time. KEYS: mark. ARGV: now, its
/// end and something by chance, milliseconds until its end.
pub(super) const REMEMBER: &str = "\
local mark = redis.call('GET', KEYS[1])
if mark and mark > ARGV[1] and mark ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";
