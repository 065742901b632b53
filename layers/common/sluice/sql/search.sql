-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; each is then scored by both, exactly. A leg's score counts
-- as a share of the leg's best one, and the shares are added by weight (convex combination: Bruch, Gai, Ingber 2023).
-- ${visible} is what the caller may see, ${nearness} the distance to the query: in the form that the index knows, or in
-- one that has every visible chunk compared.
with visible as not materialized (
    select chunk.id, chunk.embedding, chunk.lexemes, chunk.term_weights
    from chunk
    -- As a function, since the planner would take two equal columns for two rare coincidences, and then not the index.
    join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
    where ${visible}
),
dense as materialized (
    select id
    from visible
    order by ${nearness}
    limit %(dense_candidates)s
),
question as materialized (
    select wanted, weights
    from sluice_question(%(tenant)s, %(language)s, %(query)s, %(content_words)s, %(fetched)s)
),
lexical as materialized (
    select id
    from visible
    where lexemes @@ (select wanted from question)
    order by term_weights <#> (select weights from question), id
    limit %(lexical_candidates)s
),
scored as materialized (
    select
        chunk.id, chunk.document_id, chunk.content, chunk.start_offset, chunk.end_offset, chunk.page, chunk.heading,
        greatest(1 - (chunk.embedding <=> %(vector)s::halfvec), 0) as similarity,
        case
            when %(lexical_weight)s::float8 > 0
                then coalesce(-(chunk.term_weights <#> (select weights from question)), 0)
            else 0
        end as relevance
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
