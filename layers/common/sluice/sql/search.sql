-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; each is then scored by both, exactly. A leg's score counts
-- as a share of the leg's best one, and the shares are added by weight (convex combination: Bruch, Gai, Ingber 2023).
-- What stands in the marks is below, and for what the caller may see in `visibility.py`. What a leg has measured is not
-- measured again: vectors lie apart from their rows, and to read them takes longest here.
with visible as not materialized (${seen}),
dense as materialized (${dense}),
question as materialized (${question}),
lexical as materialized (${lexical}),
scored as materialized (
    select
        chunk.id, chunk.document_id, chunk.content, chunk.start_offset, chunk.end_offset, chunk.page, chunk.heading,
        greatest(1 - coalesce(dense.distance, chunk.embedding <=> %(vector)s::halfvec), 0) as similarity,
        coalesce(-coalesce(lexical.distance, chunk.term_weights <#> (select weights from question)), 0) as relevance
    from dense
    full join lexical using (id)
    join chunk using (id)
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

-- name: look_up_words
-- What the lexical leg finds, as one row, for a search whose vector is still on its way.
with visible as not materialized (${seen}),
question as materialized (${question}),
lexical as materialized (${lexical})
select
    coalesce(array_agg(id), '{}') as ids,
    coalesce(array_agg(distance), '{}') as distances,
    (select weights::text from question) as weights
from lexical;

-- name: seen
select chunk.id, chunk.embedding, chunk.lexemes, chunk.term_weights
from chunk
-- As a function, since the planner would take two equal columns for two rare coincidences, and then not the index.
join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
where ${visible}

-- name: dense_leg
-- The index preselects by what it holds of each vector; the whole vectors rank that. See migration 0011.
select id, embedding <=> %(vector)s::halfvec as distance
from (
    select id, embedding
    from visible
    order by sluice_index_distance(embedding, %(vector)s::halfvec)
    limit sluice_preselected(%(candidates)s)
) as preselected
order by distance
limit %(candidates)s

-- name: exhaustive_dense_leg
-- The same in a form that no index knows: every visible chunk is compared.
select id, (embedding <=> %(vector)s::halfvec) + 0 as distance from visible order by distance limit %(candidates)s

-- name: lexical_leg
select id, term_weights <#> (select weights from question) as distance
from visible
where lexemes @@ (select wanted from question)
order by distance, id
limit %(candidates)s

-- name: looked_up_leg
-- What was found ahead, as far as it may still be seen.
select id, found.distance
from unnest(%(looked_up_ids)s::uuid[], %(looked_up_distances)s::float8[]) as found (id, distance)
join visible using (id)

-- name: looked_up_question
select %(looked_up_weights)s::sparsevec as weights

-- name: no_leg
-- Stands where a leg has no weight, so that it is not even planned.
select null::uuid as id, null::float8 as distance where false

-- name: question
select wanted, weights
from sluice_question(%(tenant)s, %(language)s, %(query)s, %(content_words)s, %(fetched)s)

-- name: no_question
select null::sparsevec as weights
