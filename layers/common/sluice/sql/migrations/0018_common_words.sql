-- However common the words of a question are, a bounded number of chunks is ranked by them.

drop function sluice_with_words(text, tsquery, sparsevec, bigint);

-- As before, and at most `most` chunks are ranked. Where the words are so common that more than a fifth of all chunks
-- should have all of them, the index would take long to say which. Then so many chunks are sampled, the same ones each
-- time, and those that have any of the words are ranked.
create function sluice_with_words(
    of_tenant text, wanted tsquery, weights sparsevec, candidates bigint, most bigint default 20000
)
returns table (id uuid, distance float8)
language plpgsql stable rows 50
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    every float8 := (select greatest(reltuples, 1) from pg_class where oid = 'chunk'::regclass);
    -- A word's inverse document frequency is the negative logarithm of the share of chunks that have it, and so the sum
    -- of all is that of the share that has all words, if they stood in chunks independently of each other.
    share float8 := exp(-(weights <+> '{}/536870912'));
    is_common boolean := share > 0.2 and share * every > most;
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
            select found.id, found.document_id, found.version, found.term_weights <#> weights as distance
            from (
                (
                    select chunk.id, chunk.document_id, chunk.version, chunk.term_weights
                    from chunk
                    -- As a function, since an index of tenants would be taken for a way to the first few.
                    where not is_common and texteq(chunk.tenant, of_tenant) and chunk.lexemes @@ wanted
                    limit most
                )
                union all
                select chunk.id, chunk.document_id, chunk.version, chunk.term_weights
                from chunk tablesample system (least(100 * most / every, 100)) repeatable (0)
                where is_common and texteq(chunk.tenant, of_tenant)
            ) as found
            order by distance, found.id
            offset 0
        ) as ranked
        join document on document.id = ranked.document_id and uuid_eq(document.version, ranked.version)
        where document.tenant = of_tenant and ranked.distance < 0
        order by ranked.distance, ranked.id
        limit candidates;
    end if;
end $$;
