-- name: register_document
-- A new object makes a pending document; new bytes of a known one make it pending again.
insert into document (id, tenant, collection, source, title, status, etag, size)
values (%(id)s, %(tenant)s, %(collection)s, %(source)s, %(title)s, 'pending', %(etag)s, %(size)s)
on conflict (tenant, source) do update set
    status = case when document.etag = excluded.etag then document.status else 'pending' end,
    code = case when document.etag = excluded.etag then document.code end,
    reason = case when document.etag = excluded.etag then document.reason end,
    claimed_until = case when document.etag = excluded.etag then document.claimed_until end,
    size = excluded.size,
    etag = excluded.etag,
    updated_at = now()
returning *;

-- name: claim_document
update document
set status = 'processing', code = null, reason = null, updated_at = now(),
    claimed_until = now() + make_interval(secs => %(lease_seconds)s)
where id = %(id)s and etag = %(etag)s
  and (status in ('pending', 'failed') or (status = 'processing' and claimed_until < now()))
returning *;

-- name: release_document
update document
set status = 'pending', claimed_until = null, updated_at = now()
where id = %(id)s and tenant = %(tenant)s and status = 'processing'
returning *;

-- name: insert_chunk
insert into chunk (
    id, tenant, document_id, version, ordinal, content, start_offset, end_offset, page, heading, embedding
)
values (
    %(id)s, %(tenant)s, %(document_id)s, %(version)s, %(ordinal)s, %(content)s, %(start)s, %(end)s, %(page)s,
    %(heading)s, %(embedding)s::halfvec
);

-- name: publish_version
-- The swap: readers see the old chunks before it and the new ones after it.
-- A document whose bytes have changed meanwhile keeps its place in the queue.
update document
set version = %(version)s, kind = %(kind)s, title = %(title)s, pages = %(pages)s, chunks = %(chunks)s,
    status = case when etag = %(etag)s then 'ready' else status end,
    code = null, reason = null, claimed_until = null, updated_at = now()
where id = %(id)s and tenant = %(tenant)s
returning *;

-- name: delete_other_versions
delete from chunk where document_id = %(id)s and version <> %(version)s;

-- name: fail_document
update document
set status = 'failed', code = %(code)s, reason = %(reason)s, claimed_until = null, updated_at = now()
where id = %(id)s and tenant = %(tenant)s
returning *;

-- name: get_document
select * from document where id = %(id)s and tenant = %(tenant)s;

-- name: list_documents
select * from document
where tenant = %(tenant)s and (%(collection)s::text is null or collection = %(collection)s)
order by id desc
limit %(limit)s;

-- name: delete_document
delete from document where id = %(id)s and tenant = %(tenant)s returning *;

-- name: delete_document_by_source
delete from document where source = %(source)s and tenant = %(tenant)s returning *;

-- name: lock_embedding_space
select model, dimension from embedding_space for share;
