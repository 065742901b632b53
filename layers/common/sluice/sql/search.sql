-- name: search_passages
-- Dense and lexical ranks, fused by reciprocal rank (Cormack, Clarke and Büttcher 2009, k = 60).
with visible as not materialized (
    select chunk.id, chunk.embedding, chunk.lexemes
    from chunk
    join document on document.id = chunk.document_id and document.version = chunk.version
    where chunk.tenant = %(tenant)s
      and document.tenant = %(tenant)s
      and (%(collection)s::text is null or document.collection = %(collection)s)
      and (%(document_ids)s::uuid[] is null or document.id = any(%(document_ids)s))
      and document.metadata @> %(metadata)s::jsonb
),
dense as materialized (
    select id, embedding <=> %(vector)s::halfvec as distance
    from visible
    order by embedding <=> %(vector)s::halfvec
    limit %(candidates)s
),
-- Any of the words may match: questions hold words that no answer has.
question as (
    select replace(plainto_tsquery('english', %(query)s)::text, '&', '|')::tsquery as words
),
lexical as materialized (
    select id, ts_rank_cd(lexemes, words, 1) as rank
    from visible, question
    where lexemes @@ words
    order by rank desc, id
    limit %(candidates)s
),
fused as (
    select id, sum(1.0 / (60 + position))::float8 as score
    from (
        select id, row_number() over (order by distance, id) as position from dense
        union all
        select id, row_number() over (order by rank desc, id) as position from lexical
    ) as legs
    group by id
    order by score desc, id
    limit %(limit)s
)
select
    chunk.id as chunk_id,
    document.id as document_id,
    document.source,
    document.title,
    document.metadata,
    chunk.content,
    chunk.start_offset as start,
    chunk.end_offset as end,
    chunk.page,
    chunk.heading,
    fused.score,
    1 - (chunk.embedding <=> %(vector)s::halfvec) as similarity
from fused
join chunk on chunk.id = fused.id
join document on document.id = chunk.document_id
order by fused.score desc, fused.id;

-- name: embedding_space
select model, dimension from embedding_space;
