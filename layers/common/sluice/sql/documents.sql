-- name: register_document
-- A new object makes a pending document; new bytes of a known one make it pending again. `sequencer` orders the events
-- of a key where both sides have one. An event that has none was seen in the bucket, and so is the newest.
-- No column of a key is set, so that this waits for nobody who writes chunks: see insert_chunks. The next claim does.
insert into document (id, tenant, collection, source, title, status, etag, size, sequencer)
values (%(id)s, %(tenant)s, %(collection)s, %(source)s, %(title)s, 'pending', %(etag)s, %(size)s, %(sequencer)s)
on conflict (tenant, source) do update set
    (collection, status, etag, size, sequencer, claim, claimed_until, staged, step, done, total, tokens, cost, code,
        reason, updated_at) = (
        select
            excluded.collection,
            case when restarts then 'pending' else document.status end,
            case when is_changed then excluded.etag else document.etag end,
            case when is_changed then excluded.size else document.size end,
            case
                when is_changed and excluded.sequencer = '' then ''
                else greatest(document.sequencer, excluded.sequencer)
            end,
            case when not restarts then document.claim end,
            case when not restarts then document.claimed_until end,
            case when not is_changed then document.staged end,
            case when not restarts then document.step end,
            case when not restarts then document.done end,
            case when not restarts then document.total end,
            case when is_changed then 0 else document.tokens end,
            case when is_changed then 0 else document.cost end,
            case when not restarts then document.code end,
            case when not restarts then document.reason end,
            case when restarts then now() else document.updated_at end
        from (
            select
                *,
                is_changed or (
                    document.status = 'failed'
                    and (%(again)s or is_newer or coalesce(%(written_at)s::timestamptz > document.updated_at, false))
                ) as restarts
            from (
                select
                    document.etag <> excluded.etag
                        and (excluded.sequencer = '' or excluded.sequencer <> document.sequencer) as is_changed,
                    excluded.sequencer <> '' and document.sequencer <> '' and excluded.sequencer > document.sequencer
                        as is_newer
            ) as told
        ) as judged
    )
where document.status <> 'deleted' and (excluded.sequencer = '' or excluded.sequencer >= document.sequencer)
returning *, extract(epoch from claimed_until - now())::float8 as lease_left;

-- name: replace_tombstone
-- An object that was put again after its deletion is another document.
update document
set id = %(id)s, collection = %(collection)s, title = %(title)s, status = 'pending', etag = %(etag)s, size = %(size)s,
    sequencer = %(sequencer)s, tokens = 0, cost = 0, created_at = now(), updated_at = now()
where tenant = %(tenant)s and source = %(source)s and status = 'deleted'
  and (%(sequencer)s = '' or %(sequencer)s > sequencer)
returning *;

-- name: claim_document
update document
set status = 'processing', code = null, reason = null, updated_at = now(),
    claim = %(claim)s, claimed_until = now() + make_interval(secs => %(lease_seconds)s),
    staged = coalesce(staged, %(version)s), step = 'received', done = null, total = null
where id = (
    -- Whatever a lost claim is just writing ends first; see insert_chunks. Who is not told that it has the document, since
    -- its connection was lost, asks again.
    select id from document
    where source = %(source)s and tenant = %(tenant)s
      and (status = 'pending' or (status = 'processing' and (claimed_until < now() or claim = %(claim)s)))
    for update
)
returning *;

-- name: confirm_document
update document set etag = %(etag)s, size = %(size)s where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s returning *;

-- name: report_progress
-- Also renews the lease. How many pages have no text is said of the pages that were read last, or not at all. Whoever
-- writes an array of vectors in binary next has to name their type.
update document
set step = coalesce(%(step)s, step), done = coalesce(%(done)s, done), total = coalesce(%(total)s, total),
    pages = coalesce(%(pages)s, pages),
    pages_without_text = case when %(pages)s::integer is null then pages_without_text end,
    tokens = tokens + %(tokens)s, cost = cost + %(cost)s, updated_at = now(),
    claimed_until = greatest(claimed_until, now() + make_interval(secs => %(lease_seconds)s))
where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s
returning *, 'halfvec'::regtype::oid as vector_oid;

-- name: seize_document
-- Whatever the claim is just writing ends first.
select id from document where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s for update;

-- name: reuse_chunks
-- What this version has already stays; what the tenant has anywhere is copied with its vector. The document is held as by
-- insert_chunks.
with held as materialized (
    select id from document where id = %(document_id)s and tenant = %(tenant)s and claim = %(claim)s for key share
),
given as (
    select * from unnest(
        %(ordinals)s::integer[], %(digests)s::uuid[], %(ids)s::uuid[], %(starts)s::integer[], %(ends)s::integer[],
        %(pages)s::integer[]
    ) as chunk (ordinal, digest, id, start_offset, end_offset, page)
),
dropped as (
    delete from chunk using given
    where chunk.document_id = %(document_id)s and chunk.version = %(version)s
      and chunk.ordinal = given.ordinal and chunk.digest <> given.digest
      and exists (select from held)
    returning chunk.ordinal
),
known as (
    -- Boilerplate may stand in very many chunks, of which any will do, best one that has its other vector.
    select found.*
    from (select distinct digest from given) as wanted
    cross join lateral (
        select digest, content, heading, lexemes, term_weights, embedding, embedding_other
        from (select * from chunk where tenant = %(tenant)s and digest = wanted.digest limit 20) as same
        order by embedding_other is null
        limit 1
    ) as found
),
kept as (
    select given.ordinal
    from given
    join chunk on chunk.document_id = %(document_id)s and chunk.version = %(version)s
        and chunk.ordinal = given.ordinal and chunk.digest = given.digest
),
copied as (
    insert into chunk (
        id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset, page, heading,
        lexemes, term_weights, embedding, embedding_other
    )
    select
        given.id, %(tenant)s, %(document_id)s, %(version)s, given.ordinal, given.digest, known.content,
        given.start_offset, given.end_offset, given.page, known.heading, known.lexemes, known.term_weights,
        known.embedding, known.embedding_other
    from given
    join known on known.digest = given.digest
    where given.ordinal not in (select ordinal from kept union all select ordinal from dropped)
      and exists (select from held)
    returning ordinal
)
select ordinal from kept union all select ordinal from copied;

-- name: insert_chunks
-- One statement for many chunks: the word counts are written once for all of them. Their words are read once, and their
-- average length is looked up once.
with held as materialized (
    -- Until the end of the transaction nobody takes the claim away: whoever would, locks the row for update. Other batches
    -- of the document are written meanwhile, and progress is noted.
    select id from document where id = %(document_id)s and tenant = %(tenant)s and claim = %(claim)s for key share
),
space as materialized (
    select other_model from embedding_space where model = %(model)s and dimension = %(dimension)s for share
),
spoken as (
    insert into spoken_language (tenant, language)
    select %(tenant)s, language from unnest(%(languages)s::text[]) as given (language) cross join held
    except
    select tenant, language from spoken_language where tenant = %(tenant)s
    order by language
    on conflict do nothing
),
parsed as materialized (
    -- The words of a heading count twice: they say what the text is about.
    select *, sluice_lexemes(language::regconfig, concat_ws(' ', heading, heading, content)) as lexemes
    from unnest(
        %(ids)s::uuid[], %(ordinals)s::integer[], %(digests)s::uuid[], %(contents)s::text[], %(starts)s::integer[],
        %(ends)s::integer[], %(pages)s::integer[], %(headings)s::text[], %(embeddings)s::halfvec[],
        %(others)s::halfvec[], %(languages)s::text[]
    ) as chunk (id, ordinal, digest, content, start_offset, end_offset, page, heading, embedding, other, language)
    where exists (select from held)
),
inserted as (
    insert into chunk (
        id, tenant, document_id, version, ordinal, digest, content, start_offset, end_offset, page, heading,
        lexemes, term_weights, embedding, embedding_other
    )
    select
        id, %(tenant)s, %(document_id)s, %(version)s, ordinal, digest, content, start_offset, end_offset, page,
        heading, lexemes,
        sluice_term_weights(
            lexemes,
            greatest(
                coalesce(
                    (select sluice_average_length(%(tenant)s)),
                    (select avg(sluice_length(lexemes)) from parsed)
                ),
                1
            )
        ),
        embedding, case when space.other_model = %(other_model)s then other end
    from parsed
    cross join space
    -- Who is not told that they are written, since its connection was lost, writes them again.
    on conflict (id) do nothing
)
select exists (select from held) as is_held, exists (select from space) as is_fitting;

-- name: fold_lexeme_changes
-- Adds up what writers appended. One at a time: whoever comes second leaves it to the first. How much it is, the rows tell
-- that count all words of a statement: it has appended no more others, and hardly more than 5,000.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtextextended('sluice lexemes', 0)) as mine
),
folded as (
    delete from lexeme_change
    where (select mine from turn) and tenant = %(tenant)s
      and (
          select sum(least(abs(positions), 5000)) from lexeme_change where tenant = %(tenant)s and lexeme = ''
      ) > %(most)s
    returning *
)
insert into lexeme_count (tenant, lexeme, chunks, positions)
select tenant, lexeme, sum(chunks), sum(positions) from folded group by tenant, lexeme
on conflict (tenant, lexeme) do update
set chunks = lexeme_count.chunks + excluded.chunks, positions = lexeme_count.positions + excluded.positions;

-- name: publish_version
-- The swap: readers see the old chunks before it and the new ones after it.
update document
set version = staged, kind = %(kind)s, title = coalesce(%(title)s, title), pages = %(pages)s,
    pages_without_text = %(pages_without_text)s, chunks = %(chunks)s,
    metadata = %(metadata)s::jsonb || jsonb_build_object('kind', %(kind)s::text),
    step = 'stored', done = null, total = null, updated_at = now(),
    claimed_until = greatest(claimed_until, now() + make_interval(secs => %(lease_seconds)s))
where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s
returning *;

-- name: delete_other_chunks
-- What is not of the published version: the old one, and what an earlier try has left.
delete from chunk
where document_id = %(id)s and tenant = %(tenant)s
  and (version is distinct from %(version)s or ordinal >= %(chunks)s)
  and exists (select from document where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s);

-- name: sample_chunk
select chunk.content, chunk.embedding::text as vector, (select model from embedding_space) as model
from chunk
join document on document.id = chunk.document_id and document.version = chunk.version
where document.id = %(id)s and document.tenant = %(tenant)s and document.claim = %(claim)s
  and chunk.ordinal = document.chunks / 2;

-- name: finish_document
update document
set status = 'ready', step = 'ready', done = null, total = null, claim = null, claimed_until = null, staged = null,
    code = null, reason = null, updated_at = now()
where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s
returning *;

-- name: release_document
update document
set status = 'pending', claim = null, claimed_until = null, code = %(code)s, reason = %(reason)s, updated_at = now()
where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s
returning *;

-- name: fail_document
update document
set status = 'failed', claim = null, claimed_until = null, staged = null, code = %(code)s, reason = %(reason)s,
    updated_at = now()
where id = %(id)s and tenant = %(tenant)s and claim = %(claim)s
returning *;

-- name: delete_staged_chunks
delete from chunk using document
where document.id = %(id)s and document.tenant = %(tenant)s and chunk.document_id = document.id
  and chunk.version is distinct from document.version;

-- name: label_document
-- The event of the object's new version, if that has another etag, has nothing to tell then.
update document
set metadata = %(metadata)s::jsonb || jsonb_strip_nulls(jsonb_build_object('kind', kind)), etag = %(now)s,
    updated_at = now()
where id = %(id)s and tenant = %(tenant)s and etag = %(was)s and status in ('ready', 'failed')
returning *;

-- name: find_document
select * from document where source = %(source)s and tenant = %(tenant)s;

-- name: get_document
select * from document where id = %(id)s and tenant = %(tenant)s and status <> 'deleted';

-- name: list_documents
select * from document
where tenant = %(tenant)s and status <> 'deleted' and (%(collection)s::text is null or collection = %(collection)s)
  and (%(status)s::text is null or status = %(status)s) and (%(source)s::text is null or source = %(source)s)
  and (%(before)s::uuid is null or id < %(before)s)
order by id desc
limit %(limit)s;

-- name: page_documents
select * from document
where status <> 'deleted' and source collate "C" > %(after)s
order by source collate "C"
limit %(limit)s;

-- name: lock_document
-- Its writers are waited for by entomb_document. Until then this weaker lock lets none of them begin: a stronger one would
-- have to wait itself, while batches follow each other without a gap.
select * from document where id = %(id)s and tenant = %(tenant)s and status <> 'deleted' for no key update;

-- name: entomb_document
update document
set status = 'deleted', version = null, staged = null, claim = null, claimed_until = null, chunks = 0,
    sequencer = greatest(sequencer, %(sequencer)s), step = null, done = null, total = null, code = null,
    reason = null, metadata = '{}', updated_at = now()
where id = (
    -- Whoever is writing its chunks ends first, so that none of them is missed.
    select id from document where id = %(id)s and tenant = %(tenant)s for update
);

-- name: delete_chunks
delete from chunk where document_id = %(id)s and tenant = %(tenant)s;

-- name: dig_grave
-- Returns the document that is to be deleted. An object that no event has told of yet gets its tombstone at once.
insert into document (id, tenant, collection, source, title, status, sequencer)
values (%(id)s, %(tenant)s, %(collection)s, %(source)s, %(title)s, 'deleted', %(sequencer)s)
on conflict (tenant, source) do update set sequencer = document.sequencer
where excluded.sequencer = '' or excluded.sequencer >= document.sequencer
returning *;

-- name: forget_tombstones
delete from document
where status = 'deleted' and updated_at < now() - make_interval(secs => %(seconds)s);
