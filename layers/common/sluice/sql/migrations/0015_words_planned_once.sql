-- Searches by words that no filter narrows are planned once a session, and look at documents last.

-- The chunks of a tenant that a text search query finds, the best by `weights` first. Planned without looking at what is
-- asked: the index finds, and only of the best is seen whose they are and whether they are readers'. Where a tenant has
-- few chunks among many of others, its own are looked through instead.
create function sluice_with_words(of_tenant text, wanted tsquery, weights sparsevec, candidates bigint)
returns table (id uuid, distance float8)
language plpgsql stable rows 50
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
    -- To rank what the index finds costs about five times what walking the graph by meaning does.
    if sluice_has_few(of_tenant, 5 * candidates) then
        return query
        select own.id, own.term_weights <#> weights as distance
        from document
        cross join lateral (
            select chunk.id, chunk.lexemes, chunk.term_weights
            from chunk
            where chunk.document_id = document.id and chunk.version = document.version
            offset 0
        ) as own
        where document.tenant = of_tenant and own.lexemes @@ wanted
        order by distance, own.id
        limit candidates;
    else
        return query
        select ranked.id, ranked.distance
        from (
            select chunk.id, chunk.document_id, chunk.version, chunk.term_weights <#> weights as distance
            from chunk
            where chunk.lexemes @@ wanted
            order by distance, chunk.id
            offset 0
        ) as ranked
        join document on document.id = ranked.document_id and uuid_eq(document.version, ranked.version)
        where document.tenant = of_tenant
        order by ranked.distance, ranked.id
        limit candidates;
    end if;
end $$;
