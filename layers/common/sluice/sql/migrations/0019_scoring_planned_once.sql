-- What a search has found is scored in a function that a session plans once.

-- The passages of chunks that were found `near` a vector or by words (`worded`), the best first. Each is scored by both,
-- exactly; what a leg has measured is not measured again. A leg's score counts as a share of the leg's best one, and the
-- shares are added by weight (convex combination: Bruch, Gai, Ingber 2023). Nothing is found by the vector of a model that
-- is not the searched one, or not any more, and nothing that readers of the tenant don't see.
create function sluice_scored(
    of_tenant text, of_model text, vector halfvec, words sparsevec,
    near uuid[], near_distances float8[], worded uuid[], worded_distances float8[],
    dense_weight float8, lexical_weight float8, most bigint
)
returns table (
    chunk_id uuid, document_id uuid, source text, title text, metadata jsonb, content text, start integer, "end" integer,
    page integer, heading text, score float8, similarity float8
)
language plpgsql stable rows 10
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
    return query
    with found as (
        select id, by_meaning.distance as meant, by_words.distance as worded
        from unnest(near, near_distances) as by_meaning (id, distance)
        full join unnest(worded, worded_distances) as by_words (id, distance) using (id)
    ),
    scored as (
        select
            chunk.id, chunk.content, chunk.start_offset, chunk.end_offset, chunk.page, chunk.heading,
            document.id as document, document.source, document.title, document.metadata,
            greatest(1 - coalesce(found.meant, chunk.embedding <=> vector), 0) as similarity,
            coalesce(-coalesce(found.worded, chunk.term_weights <#> words), 0) as relevance
        from found
        join chunk on chunk.id = found.id
        join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
        where document.tenant = of_tenant
        offset 0 -- Or the vectors would be kept until the best scores are known, and each score made anew.
    )
    select
        scored.id, scored.document, scored.source, scored.title, scored.metadata, scored.content,
        scored.start_offset, scored.end_offset, scored.page, scored.heading,
        (
            dense_weight * coalesce(scored.similarity / nullif(max(scored.similarity) over (), 0), 0)
            + lexical_weight * coalesce(scored.relevance / nullif(max(scored.relevance) over (), 0), 0)
        ) / (dense_weight + lexical_weight) as total,
        scored.similarity
    from scored
    where (select model from embedding_space) = of_model
    order by total desc, scored.id
    limit most;
end $$;
