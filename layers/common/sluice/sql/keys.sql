-- name: add_key
insert into api_key (id, tenant, owner, name, digest, scopes, allowance, expires_at)
values (
    %(id)s, %(tenant)s, %(owner)s, %(name)s, %(digest)s, %(scopes)s, %(allowance)s, %(expires_at)s
)
returning created_at;

-- name: find_key
-- The use of a key is noted once an hour: a write for each request would cost more than it tells.
with used as (
    update api_key set last_used_at = now()
    where id = %(id)s and revoked_at is null and coalesce(last_used_at, '-infinity') < now() - interval '1 hour'
)
select id, tenant, owner, name, digest, scopes, allowance, created_at, expires_at, revoked_at, last_used_at
from api_key
where id = %(id)s;

-- name: list_keys
select id, tenant, owner, name, digest, scopes, allowance, created_at, expires_at, revoked_at, last_used_at
from api_key
order by created_at, id;

-- name: revoke_key
update api_key set revoked_at = coalesce(revoked_at, now()) where id = %(id)s
returning id;
