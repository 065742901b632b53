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

-- name: insert_chunks
-- One statement for many chunks: the word counts are written once for all of them.
insert into chunk (
    id, tenant, document_id, version, ordinal, content, start_offset, end_offset, page, heading,
    lexemes, term_weights, embedding
)
select
    given.id, %(tenant)s, %(document_id)s, %(version)s, given.ordinal, given.content, given.start_offset,
    given.end_offset, given.page, given.heading, given.lexemes,
    sluice_term_weights(given.lexemes, greatest(given.average_length, 1)), given.embedding::halfvec
from (
    select
        *,
        coalesce(
            sluice_average_length(%(tenant)s), avg(sluice_length(lexemes)) over (), 1
        ) as average_length
    from unnest(
        %(ids)s::uuid[], %(ordinals)s::integer[], %(contents)s::text[], %(starts)s::integer[], %(ends)s::integer[],
        %(pages)s::integer[], %(headings)s::text[], %(embeddings)s::text[]
    ) as chunk (id, ordinal, content, start_offset, end_offset, page, heading, embedding),
    lateral (select sluice_lexemes('english', concat_ws(' ', heading, content)) as lexemes) as parsed
) as given;

-- name: fold_lexeme_changes
-- Adds up what writers appended. One at a time: whoever comes second leaves it to the first.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtextextended('sluice lexemes', 0)) as mine
),
folded as (
    delete from lexeme_change
    where (select mine from turn) and tenant = %(tenant)s
      and (select count(*) from lexeme_change where tenant = %(tenant)s) > %(most)s
    returning *
)
insert into lexeme_count (tenant, lexeme, chunks, positions)
select tenant, lexeme, sum(chunks), sum(positions) from folded group by tenant, lexeme
on conflict (tenant, lexeme) do update
set chunks = lexeme_count.chunks + excluded.chunks, positions = lexeme_count.positions + excluded.positions;

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
