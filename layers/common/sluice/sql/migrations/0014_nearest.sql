-- Searches by meaning that no filter narrows are planned once a session, and the searched vectors lie in their rows.

-- One walk through the graph finds as many chunks as this. Of what an index of signs preselects, more is needed.
do $$
begin
    perform '[0]'::vector;
    execute format('alter role %I in database %I set hnsw.ef_search = 150', current_user, current_database());
end $$;

-- Whether a tenant has so few chunks that comparing each of them takes less than walking the graph, in which most are of
-- others: for each of its own a walk passes as many as there are for one of its own, at four times the price.
create function sluice_has_few(of_tenant text, candidates bigint) returns boolean
language plpgsql stable as $$
begin
    return (
        select coalesce(sum(counted.chunks), 0) ^ 2
        from (
            select chunks from lexeme_count where tenant = of_tenant and lexeme = ''
            union all
            select chunks from lexeme_change where tenant = of_tenant and lexeme = ''
        ) as counted
    ) < 4 * candidates * (select reltuples from pg_class where oid = 'chunk'::regclass);
end $$;

-- Lays rows out so that the searched vectors are read with them. A page holds as many rows as these and the words' weights
-- leave room for; texts that don't fit are laid apart. It holds for what is written from now on.
create function sluice_lay_out() returns void language plpgsql as $$
declare
    dimension integer := (
        select atttypmod from pg_attribute where attrelid = 'chunk'::regclass and attname = 'embedding'
    );
    -- With the weights of as many words as 1,200 characters have.
    needed integer := 2 * dimension + 1600;
begin
    alter table chunk alter embedding set storage main, alter embedding_other set storage external;
    execute format(
        'alter table chunk set (toast_tuple_target = %s)',
        case when needed <= 2040 then 2040 when needed <= 2720 then 2720 when needed <= 4080 then 4080 else 8160 end
    );
end $$;

-- Makes searches go by the index as it is now.
create or replace function sluice_follow_index() returns void language plpgsql as $follow$
declare
    holds text := sluice_index_holds('chunk_by_embedding');
    dimensions text := (
        select atttypmod from pg_attribute where attrelid = 'chunk_by_embedding'::regclass and attnum = 1
    );
    -- What is held of a vector, its type, and how two of them are compared.
    held text := replace(
        case holds
            when 'whole' then '%s'
            when 'signs' then 'binary_quantize(%s)::bit(n)'
            else 'subvector(%s, 1, n)::halfvec(n)'
        end,
        'n)', dimensions || ')'
    );
    type text := case holds when 'signs' then format('bit(%s)', dimensions) else 'halfvec' end;
    compared text := case holds when 'signs' then '<~>' else '<=>' end;
    -- What is nearest by the whole vectors is hardly ever farther than that by less of them; one walk finds so many.
    preselected text := case holds
        when 'whole' then 'candidates'
        else 'greatest(coalesce(current_setting(''hnsw.ef_search'', true), ''40'')::bigint, 2 * candidates)'
    end;
begin
    perform sluice_lay_out();
    execute
        'create or replace function sluice_index_distance(one halfvec, other halfvec) returns float8 '
        'language sql immutable parallel safe return '
        || format(held, 'one') || compared || format(held, 'other');
    execute
        'create or replace function sluice_preselected(candidates bigint) returns bigint '
        'language sql stable parallel safe return ' || preselected;
    -- Planned without looking at what is asked: the index gives the order that no sorting may.
    execute format(
        $nearest$
            create or replace function sluice_nearest(of_tenant text, wanted halfvec, candidates bigint)
            returns table (id uuid, distance float8)
            language plpgsql stable rows 50
            set plan_cache_mode = force_generic_plan
            set enable_sort = off
            as $$
            declare
                held %1$s := %2$s;
            begin
                if sluice_has_few(of_tenant, candidates) then
                    return query
                    select own.id, own.distance
                    from document
                    cross join lateral (
                        select chunk.id, chunk.embedding <=> wanted as distance
                        from chunk
                        where chunk.document_id = document.id and chunk.version = document.version
                        offset 0
                    ) as own
                    where document.tenant = of_tenant
                    order by own.distance
                    limit candidates;
                else
                    return query
                    select preselected.id, preselected.embedding <=> wanted as distance
                    from (
                        select chunk.id, chunk.embedding
                        from chunk
                        join document on document.id = chunk.document_id and uuid_eq(document.version, chunk.version)
                        where document.tenant = of_tenant
                        order by %3$s %4$s held
                        limit %5$s
                    ) as preselected
                    order by distance
                    limit candidates;
                end if;
            end $$
        $nearest$,
        type, format(held, 'wanted'), format(held, 'chunk.embedding'), compared, preselected
    );
end $follow$;

select sluice_follow_index();
