-- A second vector for each chunk, while the embedding model changes: first the one to come, then the one that was.
--
-- The vector that is searched always stands in `embedding`, so that the switch is an exchange of names and statements
-- stay as they are. Each of these functions changes the tables and the row of embedding_space in one transaction, takes
-- their locks in that order, and gives up after half a second, so that nobody waits long behind it.

-- Has no dimension until a change begins.
alter table chunk add column embedding_other halfvec;

alter table embedding_space
    add column other_model text,
    add column other_dimension integer,
    -- Whether the other vectors are those that were searched before, and not those to come.
    add column switched boolean not null default false,
    -- The models that this database has been filled by. Whoever is configured with one of them follows each switch.
    add column known text[] not null default '{}';

update embedding_space set known = array[model];

-- Returns `begun`, `resumed`, `current` where the model is the one that is searched, or `busy` with another model.
create function sluice_begin_embedding_change(new_model text, new_dimension integer) returns text
language plpgsql set lock_timeout = '500ms' as $$
declare
    space embedding_space;
begin
    select * into space from embedding_space for update;
    if space.model = new_model then
        return 'current';
    elsif space.other_model = new_model and space.other_dimension = new_dimension then
        return 'resumed';
    elsif space.other_model is not null then
        return 'busy';
    end if;
    alter table chunk drop column embedding_other;
    execute format('alter table chunk add column embedding_other halfvec(%s)', new_dimension);
    update embedding_space
    set other_model = new_model, other_dimension = new_dimension, switched = false,
        known = array(select distinct unnest(known || array[model, new_model]));
    return 'begun';
end $$;

-- From now on no chunk is written without its other vector. What is there already is checked by the validation of this
-- constraint, which takes long and locks nobody out.
create function sluice_require_other_embeddings() returns void
language plpgsql set lock_timeout = '500ms' as $$
begin
    perform from embedding_space for update;
    if not exists (select from pg_constraint where conname = 'chunk_other_is_complete') then
        alter table chunk
            add constraint chunk_other_is_complete check (embedding_other is not null) not valid;
    end if;
end $$;

-- Exchanges the two vectors of each chunk. Returns `switched`, `current` where that was done already, `unknown` for a
-- model whose vectors are not there, or `incomplete` where some of them or their index are missing.
create function sluice_switch_embeddings(to_model text) returns text
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
    return 'switched';
end $$;

-- Ends a change, whichever way: the other vectors and their index are gone.
create function sluice_drop_other_embeddings() returns void
language plpgsql set lock_timeout = '500ms' as $$
begin
    perform from embedding_space for update;
    alter table chunk drop column embedding_other;
    alter table chunk add column embedding_other halfvec;
    update embedding_space set other_model = null, other_dimension = null, switched = false;
end $$;
