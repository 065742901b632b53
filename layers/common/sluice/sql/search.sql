-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; each is then scored by both, exactly. A leg's score counts
-- as a share of the leg's best one, and the shares are added by weight (a convex combination: Bruch, Gai and Ingber 2023).
-- ${visible} is what the caller may see, ${nearness} the distance to the query: in the form that the index knows, or in
-- one that has every visible chunk compared.
with visible as not materialized (
    select chunk.id, chunk.embedding, chunk.lexemes, chunk.term_weights
    from chunk
    join document on document.id = chunk.document_id and document.version = chunk.version
    where ${visible}
),
dense as materialized (
    select id
    from visible
    order by ${nearness}
    limit %(dense_candidates)s
),
-- The words of the query as each language of the tenant's texts has them, each with its number in the query and the
-- number of chunks that it stands in. The empty word stands in all of them. The query's own function words are none in
-- other languages.
word as materialized (
    select
        asked.lexeme,
        asked.repeats,
        (
            select coalesce(sum(counted.chunks), 0)::float8
            from (
                select chunks from lexeme_count where tenant = %(tenant)s and lexeme = asked.lexeme
                union all
                select chunks from lexeme_change where tenant = %(tenant)s and lexeme = asked.lexeme
            ) as counted
        ) as chunks
    from (
        select lexeme, max(cardinality(positions)) as repeats
        from (
            select sluice_lexemes(
                language::regconfig,
                case when language = %(language)s then %(query)s else %(content_words)s end
            ) as lexemes
            from spoken_language
            where tenant = %(tenant)s
        ) as spoken
        cross join unnest(lexemes)
        group by lexeme
        union all
        select '', 0
    ) as asked
),
-- Chunks are fetched by the rarest words, as many as a budget of rows allows, and ranked by all words.
wanted as materialized (
    select string_agg(quote_literal(lexeme), ' | ')::tsquery as words
    from (
        select lexeme, row_number() over rarest as position, sum(chunks) over rarest as fetched
        from word
        where chunks > 0 and lexeme <> ''
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
            sum(word.repeats * ln(1 + greatest(every.chunks - word.chunks + 0.5, 0.5) / (word.chunks + 0.5))) as weight
        from word
        join word as every on every.lexeme = ''
        where word.chunks > 0 and word.lexeme <> ''
        group by 1
    ) as term
),
lexical as materialized (
    select id
    from visible
    where lexemes @@ (select words from wanted)
    order by term_weights <#> (select words from weighted), id
    limit %(lexical_candidates)s
),
scored as materialized (
    select
        chunk.id, chunk.document_id, chunk.content, chunk.start_offset, chunk.end_offset, chunk.page, chunk.heading,
        greatest(1 - (chunk.embedding <=> %(vector)s::halfvec), 0) as similarity,
        coalesce(-(chunk.term_weights <#> (select words from weighted)), 0) as relevance
    from chunk
    where chunk.id in (select id from dense union all select id from lexical)
),
fused as (
    select
        *,
        (
            %(dense_weight)s::float8 * coalesce(similarity / nullif(max(similarity) over (), 0), 0)
            + %(lexical_weight)s::float8 * coalesce(relevance / nullif(max(relevance) over (), 0), 0)
        ) / (%(dense_weight)s::float8 + %(lexical_weight)s::float8) as score
    from scored
    order by score desc, id
    limit %(limit)s
)
select
    fused.id as chunk_id,
    document.id as document_id,
    document.source,
    document.title,
    document.metadata,
    fused.content,
    fused.start_offset as start,
    fused.end_offset as end,
    fused.page,
    fused.heading,
    fused.score,
    fused.similarity,
    (select count(*) from dense) as near
from fused
join document on document.id = fused.document_id
-- Nothing is found by the vector of a model that is not the searched one, or not any more.
where (select model from embedding_space) = %(model)s
order by fused.score desc, fused.id;
