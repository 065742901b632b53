-- The index of vectors may hold less than the vectors: the signs of their numbers, or their first numbers. Then it
-- preselects, and the whole vectors rank what it finds.
--
-- The index itself says what it holds. Two functions say the same to searches, which so need not know; they are inlined,
-- so that the planner sees the index's own expression. A database that is there already keeps its index.

-- How far two vectors are from each other by what the index holds of them: here all.
create function sluice_index_distance(one halfvec, other halfvec) returns float8
language sql immutable parallel safe
return one <=> other;

-- How many chunks are taken from the index, to find so many.
create function sluice_preselected(candidates bigint) returns bigint
language sql immutable parallel safe
return candidates;

-- What an index of vectors holds: `whole`, `signs`, or how many first numbers; null for no index.
create function sluice_index_holds(of_index regclass) returns text
language sql stable
return (
    select case when indexprs is null then 'whole' when atttypid = 'bit'::regtype then 'signs' else atttypmod::text end
    from pg_index
    join pg_attribute on attrelid = indexrelid and attnum = 1
    where indexrelid = of_index
);

-- Makes searches go by the index as it is now.
create function sluice_follow_index() returns void language plpgsql as $$
declare
    holds text := sluice_index_holds('chunk_by_embedding');
    dimensions text := (
        select atttypmod from pg_attribute where attrelid = 'chunk_by_embedding'::regclass and attnum = 1
    );
begin
    execute
        'create or replace function sluice_index_distance(one halfvec, other halfvec) returns float8 '
        'language sql immutable parallel safe return '
        || case holds
            when 'whole' then 'one <=> other'
            when 'signs' then
                replace('binary_quantize(one)::bit(n) <~> binary_quantize(other)::bit(n)', '(n)', '(' || dimensions || ')')
            else
                replace('subvector(one, 1, n)::halfvec(n) <=> subvector(other, 1, n)::halfvec(n)', 'n)', dimensions || ')')
        end;
    -- What is nearest by the whole vectors is hardly ever farther than that by less of them.
    execute
        'create or replace function sluice_preselected(candidates bigint) returns bigint '
        'language sql immutable parallel safe return '
        || case holds when 'whole' then 'candidates' else 'greatest(120, 2 * candidates)' end;
end $$;

-- Puts the index that was built beside the other one in its place. Returns `switched`, or `missing` where there is none
-- of the searched vectors.
create function sluice_switch_index() returns text
language plpgsql set lock_timeout = '500ms' as $$
begin
    perform from embedding_space for update;
    lock table chunk in access exclusive mode;
    if not exists (
        select from pg_index
        where indexrelid = to_regclass('chunk_by_embedding_next') and indisvalid
            and pg_get_indexdef(indexrelid) not like '%embedding_other%'
    ) then
        return 'missing';
    end if;
    drop index chunk_by_embedding;
    alter index chunk_by_embedding_next rename to chunk_by_embedding;
    perform sluice_follow_index();
    return 'switched';
end $$;

-- As before, and searches go by the other index, which may hold something else of its vectors.
create or replace function sluice_switch_embeddings(to_model text) returns text
language plpgsql set lock_timeout = '500ms' as $$
declare
    space embedding_space;
begin
    select * into space from embedding_space for update;
    if space.model = to_model then
        return 'current';
    elsif space.other_model is distinct from to_model then
        return 'unknown';
    end if;
    lock table chunk in access exclusive mode;
    if not exists (select from pg_constraint where conname = 'chunk_other_is_complete' and convalidated)
        or not exists (select from pg_index where indexrelid = to_regclass('chunk_by_embedding_other') and indisvalid)
    then
        return 'incomplete';
    end if;
    alter table chunk alter column embedding drop not null;
    alter table chunk drop constraint if exists chunk_is_embedded;
    alter table chunk rename constraint chunk_other_is_complete to chunk_is_embedded;
    alter table chunk rename column embedding to embedding_was;
    alter table chunk rename column embedding_other to embedding;
    alter table chunk rename column embedding_was to embedding_other;
    alter index chunk_by_embedding rename to chunk_by_embedding_was;
    alter index chunk_by_embedding_other rename to chunk_by_embedding;
    alter index chunk_by_embedding_was rename to chunk_by_embedding_other;
    update embedding_space
    set model = other_model, dimension = other_dimension, other_model = model, other_dimension = dimension,
        switched = not switched;
    perform sluice_follow_index();
    return 'switched';
end $$;
