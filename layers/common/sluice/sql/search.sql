-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; each is then scored by both, exactly. A leg's score counts
-- as a share of the leg's best one, and the shares are added by weight (a convex combination: Bruch, Gai and Ingber 2023).
with visible as not materialized (
    select chunk.id, chunk.embedding, chunk.lexemes, chunk.term_weights
    from chunk
    join document on document.id = chunk.document_id and document.version = chunk.version
    where chunk.tenant = %(tenant)s
      and document.tenant = %(tenant)s
      and (%(collection)s::text is null or document.collection = %(collection)s)
      and (%(document_ids)s::uuid[] is null or document.id = any(%(document_ids)s))
      and document.metadata @> %(metadata)s::jsonb
),
dense as materialized (
    select id
    from visible
    order by embedding <=> %(vector)s::halfvec
    limit case when %(dense_weight)s::float8 > 0 then %(candidates)s::integer else 0 end
),
-- The words of the query, each with its number in the query and the number of chunks that it stands in.
word as materialized (
    select
        asked.lexeme,
        cardinality(asked.positions) as repeats,
        (
            select coalesce(sum(counted.chunks), 0)::float8
            from (
                select chunks from lexeme_count where tenant = %(tenant)s and lexeme = asked.lexeme
                union all
                select chunks from lexeme_change where tenant = %(tenant)s and lexeme = asked.lexeme
            ) as counted
        ) as chunks
    from unnest(sluice_lexemes('english', %(query)s)) as asked
),
corpus as materialized (
    select coalesce(sum(chunks), 0)::float8 as chunks
    from (
        select chunks from lexeme_count where tenant = %(tenant)s and lexeme = ''
        union all
        select chunks from lexeme_change where tenant = %(tenant)s and lexeme = ''
    ) as counted
),
-- Chunks are fetched by the rarest words, as many as a budget of rows allows, and ranked by all words.
wanted as materialized (
    select string_agg(quote_literal(lexeme), ' | ')::tsquery as words
    from (
        select lexeme, row_number() over rarest as position, sum(chunks) over rarest as fetched
        from word
        where chunks > 0
        window rarest as (order by chunks, lexeme)
    ) as by_rarity
    where position = 1 or fetched <= %(fetched)s
),
-- BM25's inverse document frequency, in the form that never goes below zero.
weighted as materialized (
    select (
        '{' || string_agg(
            dimension || ':' || weight, ',' order by dimension
        ) || '}/536870912'
    )::sparsevec as words
    from (
        select
            sluice_term(word.lexeme) as dimension,
            sum(repeats * ln(1 + greatest(corpus.chunks - word.chunks + 0.5, 0.5) / (word.chunks + 0.5))) as weight
        from word, corpus
        where word.chunks > 0
        group by 1
    ) as term
),
lexical as materialized (
    select id
    from visible
    where lexemes @@ (select words from wanted)
    order by term_weights <#> (select words from weighted), id
    limit case when %(lexical_weight)s::float8 > 0 then %(candidates)s::integer else 0 end
),
scored as materialized (
    select
        chunk.id,
        greatest(1 - (chunk.embedding <=> %(vector)s::halfvec), 0) as similarity,
        coalesce(-(chunk.term_weights <#> (select words from weighted)), 0) as relevance
    from chunk
    where chunk.id in (select id from dense union all select id from lexical)
),
fused as (
    select
        id,
        similarity,
        (
            %(dense_weight)s::float8 * coalesce(similarity / nullif(max(similarity) over (), 0), 0)
            + %(lexical_weight)s::float8 * coalesce(relevance / nullif(max(relevance) over (), 0), 0)
        ) / (%(dense_weight)s::float8 + %(lexical_weight)s::float8) as score
    from scored
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
    fused.similarity
from fused
join chunk on chunk.id = fused.id
join document on document.id = chunk.document_id
-- Nothing is found by the vector of a model that is not the searched one, or not any more.
where (select model from embedding_space) = %(model)s
order by fused.score desc, fused.id;
