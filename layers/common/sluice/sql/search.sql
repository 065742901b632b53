-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; each is then scored by both, exactly. A leg's score counts
-- as a share of the leg's best one, and the shares are added by weight (convex combination: Bruch, Gai, Ingber 2023).
-- What stands in the marks is below, and for what the caller may see in `visibility.py`. What a leg has measured is not
-- measured again.
with visible as not materialized (${seen}),
dense as materialized (${dense}),
question as materialized (${question}),
lexical as materialized (${lexical}),
scored as materialized (
    select
        id, content, start_offset, end_offset, page, heading, document_id, source, title, metadata,
        greatest(1 - coalesce(found.by_meaning, embedding <=> %(vector)s::halfvec), 0) as similarity,
        coalesce(-coalesce(found.by_words, term_weights <#> (select weights from question)), 0) as relevance
    from (${found}) as found
    join visible using (id)
)
select
    id as chunk_id,
    document_id,
    source,
    title,
    metadata,
    content,
    start_offset as start,
    end_offset as end,
    page,
    heading,
    (
        %(dense_weight)s::float8 * coalesce(similarity / nullif(max(similarity) over (), 0), 0)
        + %(lexical_weight)s::float8 * coalesce(relevance / nullif(max(relevance) over (), 0), 0)
    ) / (%(dense_weight)s::float8 + %(lexical_weight)s::float8) as score,
    similarity,
    (select count(*) from dense) as near
from scored
-- Nothing is found by the vector of a model that is not the searched one, or not any more.
where (select model from embedding_space) = %(model)s
order by score desc, id
limit %(limit)s;

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
select
    chunk.id, chunk.content, chunk.start_offset, chunk.end_offset, chunk.page, chunk.heading, chunk.embedding,
    chunk.lexemes, chunk.term_weights, document.id as document_id, document.source, document.title, document.metadata
from chunk
-- As a function, since the planner would take two equal columns for two rare coincidences, and then not the index.
join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
where ${visible}

-- name: found_by_meaning
select id, distance as by_meaning, null::float8 as by_words from dense

-- name: found_by_words
select id, null::float8 as by_meaning, distance as by_words from lexical

-- name: found_by_both
select id, dense.distance as by_meaning, lexical.distance as by_words from dense full join lexical using (id)

-- name: nearest_leg
-- The same as dense_leg where nothing but the tenant narrows it, in a function that a session plans once.
select id, distance from sluice_nearest(%(tenant)s, %(vector)s::halfvec, %(candidates)s)

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

-- name: worded_leg
-- The same as lexical_leg where nothing but the tenant narrows it, in a function that a session plans once.
select id, distance
from sluice_with_words(
    %(tenant)s, (select wanted from question), (select weights from question), %(candidates)s, %(ranked)s
)

-- name: lexical_leg
select id, term_weights <#> (select weights from question) as distance
from (
    select id, term_weights from visible where lexemes @@ (select wanted from question) limit %(ranked)s
) as found
order by distance, id
limit %(candidates)s

-- name: looked_up_leg
select id, distance from unnest(%(looked_up_ids)s::uuid[], %(looked_up_distances)s::float8[]) as found (id, distance)

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
