-- name: search_passages
-- Candidates come from two indexes, by meaning and by words; `sluice_scored` then scores each by both. What stands in the
-- marks is below, and for what the caller may see in `visibility.py`.
--
-- Chunks may be read by functions only, and so are locked here: this statement's snapshot is to be younger than the lock, or
-- another embedding model's vectors might have taken the place of those that it knows.
with locked as (select from chunk),
${seen}
dense as materialized (${dense}),
question as materialized (${question}),
lexical as materialized (${lexical})
select passage.*, coalesce(cardinality(near.ids), 0) as near
from (select array_agg(id) as ids, array_agg(distance) as distances from dense) as near
cross join (select array_agg(id) as ids, array_agg(distance) as distances from lexical) as worded
cross join question
cross join sluice_scored(
    %(tenant)s, %(model)s, %(vector)s::halfvec, question.weights,
    near.ids, near.distances, worded.ids, worded.distances,
    %(dense_weight)s, %(lexical_weight)s, %(limit)s
) as passage;

-- name: look_up_words
-- What the lexical leg finds, as one row, for a search whose vector is still on its way.
with ${seen}
question as materialized (${question}),
lexical as materialized (${lexical})
select
    coalesce(array_agg(id), '{}') as ids,
    coalesce(array_agg(distance), '{}') as distances,
    (select weights::text from question) as weights
from lexical;

-- name: seen
visible as not materialized (
    select chunk.id, chunk.embedding, chunk.lexemes, chunk.term_weights
    from chunk
    -- As a function, since the planner would take two equal columns for two rare coincidences, and then not the index.
    join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
    where ${visible}
),

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

-- name: looked_up_visible_leg
select id, distance
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
